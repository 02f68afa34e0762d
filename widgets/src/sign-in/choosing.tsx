// All ways to sign in: the form for an address or number first, a button for each other way, then what is not possible.

import { useState } from "preact/hooks";
import { AddressForm } from "./address-form";
import type { Flow, Shown, View, Way } from "./flow";
import type { Impossible, Method } from "./methods";
import { TroubleNote } from "./trouble";

interface Properties {
  view: Extract<View, { is: "choosing" }>;
  shown: Shown;
  flow: Flow;
}

export function Choosing({ view, shown: { app, methods }, flow }: Properties) {
  const ways = methods.offered.flatMap(({ kind }) => (kind === "email" || kind === "sms" ? [kind] : []));
  const others = methods.offered.filter(({ kind }) => kind !== "email" && kind !== "sms");
  return (
    <>
      {app !== null && <p class="quiet">With your account for {app.name.slice(0, 64)}.</p>}
      {view.trouble !== null && <TroubleNote trouble={view.trouble} />}
      {flow.notice !== null && <TroubleNote trouble={flow.notice} />}
      <FirstWay ways={ways} view={view} flow={flow} />
      {ways.length > 0 && others.length > 0 && <p class="or">or</p>}
      <Buttons methods={others} busy={view.busy} flow={flow} />
      {methods.impossible.length > 0 && <NotPossible ways={methods.impossible} />}
      <Terms terms={app?.terms_and_conditions_url} privacy={app?.privacy_policy_url} />
    </>
  );
}

function FirstWay({ ways, view, flow }: { ways: Way[]; view: Properties["view"]; flow: Flow }) {
  const [way, setWay] = useState(ways[0]);
  const other = ways.find((each) => each !== way);
  if (way === undefined) return null;
  return (
    <>
      <AddressForm key={way} way={way} busy={view.busy} send={(to) => void flow.sendCode(way, to)} />
      {other !== undefined && (
        <button type="button" class="link" onClick={() => setWay(other)}>
          {other === "sms" ? "Use a phone number instead" : "Use an e-mail address instead"}
        </button>
      )}
    </>
  );
}

function Buttons({ methods, busy, flow }: { methods: Method[]; busy: boolean; flow: Flow }) {
  if (methods.length === 0) return null;
  return (
    <ul class="ways" aria-label="Other ways to sign in">
      {methods.map((method) => (
        <li key={method.label}>
          <button type="button" class="second" disabled={busy} onClick={() => void flow.take(method)}>
            {method.label}
          </button>
        </li>
      ))}
    </ul>
  );
}

function NotPossible({ ways }: { ways: Impossible[] }) {
  return (
    <details class="quiet">
      <summary>
        Not possible here: {ways.length === 1 ? "one way" : `${ways.length} ways`} that the app offers elsewhere
      </summary>
      <ul>
        {ways.map(({ label, reason }) => (
          <li key={label}>
            {label}: {reason}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Terms({ terms, privacy }: { terms: string | null | undefined; privacy: string | null | undefined }) {
  const links = [
    ["Terms", terms],
    ["Privacy", privacy],
  ].flatMap(([label, url]) => (url?.startsWith("https://") ? [{ label, url }] : []));
  if (links.length === 0) return null;
  return (
    <p class="terms">
      {links.map(({ label, url }) => (
        <a key={url} href={url} target="_blank" rel="noopener noreferrer">
          {label}
        </a>
      ))}
    </p>
  );
}
