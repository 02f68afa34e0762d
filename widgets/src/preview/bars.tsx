// What is chosen for the whole: the tool, the person, the story, the host; and for the place where the widget is shown.

import { useState } from "preact/hooks";
import { Field, Number, Segments, Select } from "./controls";
import { STATES, type Device, type State } from "./moment";
import { PROFILES, type DisplayMode, type ProfileName } from "./profiles";
import { widgetOf, type Session } from "./session";
import { textOf } from "./values";

export function TopBar({ session }: { session: Session }) {
  const { scene, acting, moment, simulation } = session;
  const apps = scene?.apps ?? [];
  const tools = apps.flatMap(({ path, name, tools }) =>
    tools.filter(widgetOf).map((tool) => ({
      value: JSON.stringify([path, tool.name]),
      label: apps.length > 1 ? `${name}: ${textOf(tool.name)}` : textOf(tool.name),
    })),
  );
  const choose = (value: string) => {
    const [path, tool] = JSON.parse(value) as [string, string];
    history.replaceState(null, "", location.pathname);
    void session.choose(path, tool);
  };
  const names = scene?.simulations ?? [];
  const none = { value: "", label: names.length > 0 ? "None" : "None saved yet" };
  const saved = [none, ...names.map((name) => ({ value: name, label: name }))];
  return (
    <header class="top">
      <p class="title">
        Homeport <span>Preview</span>
      </p>
      {tools.length > 0 && <Select label="Tool" value={JSON.stringify([acting.path, moment.tool])} options={tools} choose={choose} />}
      <Select label="Moment" value={moment.state} options={entries(STATES)} choose={(state) => session.begin(state as State)} />
      <Select
        label="Host"
        value={moment.host.profile}
        options={Object.entries(PROFILES).map(([value, { label }]) => ({ value, label }))}
        choose={(profile) => session.setHost({ profile: profile as ProfileName })}
      />
      <People session={session} />
      <Select label="Simulation" value={simulation} options={saved} choose={(name) => name && void session.openSimulation(name)} />
      <Save session={session} />
    </header>
  );
}

function People({ session }: { session: Session }) {
  const { scene, acting } = session;
  const options = (scene?.actors ?? []).flatMap(({ id, name, sign_ins }) => [
    { value: JSON.stringify([id, ""]), label: name },
    ...sign_ins
      .filter(({ path }) => path === acting.path)
      .map(({ grant_id, client, scopes }) => ({
        value: JSON.stringify([id, grant_id]),
        label: `${name}, signed in with ${client} (${scopes.join(", ")})`,
      })),
  ]);
  const choose = (value: string) => {
    const [who, grant] = JSON.parse(value) as [string, string];
    session.act({ who, grant });
  };
  return <Select label="Calls as" value={JSON.stringify([acting.who, acting.grant])} options={options} choose={choose} />;
}

function Save({ session }: { session: Session }) {
  const [name, setName] = useState<string | null>(null);
  const [done, setDone] = useState("");
  if (name === null) {
    return (
      <div class="save">
        <button type="button" class="second" disabled={!session.shown} onClick={() => (setName(session.simulation), setDone(""))}>
          Save…
        </button>
        <span role="status" class="quiet">
          {done}
        </span>
      </div>
    );
  }
  const save = async (event: Event) => {
    event.preventDefault();
    if (!(await session.save(name))) return;
    setDone("Saved");
    setName(null);
  };
  return (
    <form class="save" onSubmit={(event) => void save(event)}>
      <Field label="Name">
        <input
          value={name}
          pattern="[a-z0-9][a-z0-9_\-]*"
          maxLength={64}
          required
          title="a-z, 0-9, - and _"
          ref={focusOnce}
          onInput={({ currentTarget }) => setName(currentTarget.value)}
          onKeyDown={({ key }) => key === "Escape" && setName(null)}
        />
      </Field>
      <button type="submit">Save</button>
    </form>
  );
}

export function HostBar({ session }: { session: Session }) {
  const { host } = session.moment;
  const modes = PROFILES[host.profile].displayModes;
  const labels: Record<DisplayMode, string> = { inline: "Inline", fullscreen: "Full screen", pip: "Picture in picture" };
  return (
    <div class="host-bar" role="toolbar" aria-label="Place">
      <Segments
        label="Device"
        value={host.device}
        options={{ desktop: "Desktop", phone: "Phone" }}
        choose={(device) => session.setDevice(device as Device)}
      />
      <Segments
        label="Theme"
        value={host.theme}
        options={{ light: "Light", dark: "Dark" }}
        choose={(theme) => session.setHost({ theme: theme as "light" | "dark" })}
      />
      <Segments
        label="Display mode"
        value={host.displayMode}
        options={Object.fromEntries(modes.map((mode) => [mode, labels[mode]]))}
        choose={(displayMode) => session.setHost({ displayMode: displayMode as DisplayMode })}
      />
      <span class="size">
        <Number label="Width" value={host.width} least={200} most={4_000} change={(width) => session.setHost({ width })} />
        <span aria-hidden="true">×</span>
        <Number label="Height" value={host.height} least={100} most={4_000} change={(height) => session.setHost({ height })} />
      </span>
      <span class="acts">
        <button type="button" class="second" onClick={() => session.reload()}>
          Reload
        </button>
        <button type="button" class="second" onClick={() => void session.close()}>
          Close
        </button>
      </span>
    </div>
  );
}

function focusOnce(input: HTMLInputElement | null): void {
  if (input?.value === "") input.focus();
}

const entries = (record: Record<string, string>) => Object.entries(record).map(([value, label]) => ({ value, label }));
