// What the widget is told, to be read and changed.

import { Json, Number, Tabs, useTyped } from "./controls";
import { contextOf, type Edges } from "./moment";
import type { Session } from "./session";
import { fieldsOf, textOf, tokensOf, type Fields } from "./values";

export function Beside({ session }: { session: Session }) {
  const tabs = [
    { id: "call", label: "Call", body: () => <CallTab session={session} /> },
    { id: "result", label: "Result", body: () => <ResultTab session={session} /> },
    { id: "state", label: "State", body: () => <StateTab session={session} /> },
    { id: "host", label: "Host", body: () => <HostTab session={session} /> },
  ];
  return (
    <aside class="beside" aria-label="What the widget is told">
      <Tabs label="What the widget is told" tabs={tabs} />
    </aside>
  );
}

function CallTab({ session }: { session: Session }) {
  const { moment, acting, calling, lastCall, tool } = session;
  const writes = fieldsOf(tool?.annotations).readOnlyHint !== true;
  const own = [...new Set((session.app?.tools ?? []).flatMap(scopesOf))].filter((scope) => scope !== "read" && scope !== "write");
  const toggle = (scope: string, on: boolean) =>
    session.act({ scopes: on ? [...acting.scopes, scope] : acting.scopes.filter((one) => one !== scope) });
  return (
    <>
      <h2>{textOf(tool?.title) || moment.tool}</h2>
      <p class="quiet">{textOf(tool?.description).split("\n")[0]}</p>
      <Json label="Tool input" value={moment.input} change={(input: Fields) => session.set({ input })} />
      {acting.grant === "" && (
        <fieldset class="scopes">
          <legend>Scopes of the caller</legend>
          {["read", "write", ...own].map((scope) => (
            <label key={scope}>
              <input
                type="checkbox"
                checked={acting.scopes.includes(scope)}
                onChange={({ currentTarget }) => toggle(scope, currentTarget.checked)}
              />
              {scope}
            </label>
          ))}
        </fieldset>
      )}
      <div class="row">
        <button type="button" aria-busy={calling} aria-disabled={calling} onClick={() => calling || void session.call()}>
          {calling ? "Calling…" : "Call the tool"}
        </button>
        <span role="status" class="quiet">
          {lastCall}
        </span>
      </div>
      <p class="quiet">
        Whoever signs in with a client at <code>{session.scene?.sign_in}</code> can be chosen in “Calls as”, with what that
        sign-in allows.
      </p>
      {writes && <p class="quiet">This tool changes things: it is called only when you press the button.</p>}
    </>
  );
}

function ResultTab({ session }: { session: Session }) {
  const { moment } = session;
  return (
    <>
      <Json
        label={`Structured content, about ${tokensOf(moment.output)} tokens`}
        takes="object or null"
        value={moment.output}
        change={(output: Fields | null) => session.set({ output })}
      />
      <label class="json">
        <span>Text for the model{moment.state === "cancelled" ? ", and the reason of the cancellation" : ""}</span>
        <textarea rows={3} value={moment.text} onInput={({ currentTarget }) => session.set({ text: currentTarget.value })} />
      </label>
      <Json label="_meta, for the widget only" value={moment.meta} change={(meta: Fields) => session.set({ meta })} />
      <Json
        label="Saved answers"
        hint="By tool: whole results that the widget gets in place of real calls."
        value={moment.answers}
        change={(answers: Record<string, Fields>) => session.set({ answers })}
      />
    </>
  );
}

function StateTab({ session }: { session: Session }) {
  const { moment, modelContext } = session;
  return (
    <>
      <Json
        label={`Widget state, about ${tokensOf(moment.widgetState)} tokens`}
        hint="What setWidgetState keeps with the message, over turns and reloads."
        takes="anything"
        value={moment.widgetState}
        change={(state: unknown) => session.setWidgetState(state)}
      />
      <h2>What the model knows of the widget</h2>
      {Object.keys(modelContext).length > 0 ? (
        <pre tabIndex={0} aria-label="Model context">
          {JSON.stringify(modelContext, null, 2)}
        </pre>
      ) : (
        <p class="quiet">Nothing yet: the widget has not sent ui/update-model-context.</p>
      )}
    </>
  );
}

function HostTab({ session }: { session: Session }) {
  const { host } = session.moment;
  const locale = useTyped(host.locale, (typed) => session.setHost({ locale: typed }));
  const edge = (name: keyof Edges) => (
    <Number
      label={name}
      value={host.safeArea[name]}
      most={400}
      change={(pixels) => session.setHost({ safeArea: { ...host.safeArea, [name]: pixels } })}
    />
  );
  const { styles: _, toolInfo: __, ...context } = contextOf(session.moment, undefined);
  return (
    <>
      <label class="field">
        <span>Locale</span>
        <input maxLength={35} spellcheck={false} {...locale} />
      </label>
      <fieldset class="edges">
        <legend>Safe area, pixels</legend>
        {edge("top")}
        {edge("right")}
        {edge("bottom")}
        {edge("left")}
      </fieldset>
      <Json
        label="Laid over the host context"
        hint="Each key here replaces that of the context, such as timeZone or containerDimensions."
        value={host.context}
        change={(laid: Fields) => session.setHost({ context: laid })}
      />
      <h2>Host context now</h2>
      <pre tabIndex={0} aria-label="Host context">
        {JSON.stringify(context, null, 2)}
      </pre>
      <h2>Content policy</h2>
      <pre tabIndex={0} aria-label="Content policy">
        {session.shown?.widget.policy.replaceAll("; ", ";\n")}
      </pre>
    </>
  );
}

function scopesOf(tool: Fields): string[] {
  const schemes = Array.isArray(tool.securitySchemes) ? tool.securitySchemes : [];
  return schemes.flatMap((scheme) => {
    const { scopes } = fieldsOf(scheme);
    return Array.isArray(scopes) ? scopes.map(String) : [];
  });
}
