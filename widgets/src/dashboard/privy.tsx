// Sign-in with Privy: app id and secret, what Privy says about them, and what people will be offered.

import { useId, useState } from "preact/hooks";
import { useAnswer, useDeed, useHome } from "./homeport";
import * as methods from "./methods";
import { DeedButton } from "./parts/deeds";
import { Icon } from "./parts/icons";
import { Answered, Fact, Page, Section, Trouble } from "./parts/page";
import { toText } from "./setting-value";
import type { PrivyCheck, SecretSummary, SettingLine } from "./types";

/** As the Engine calls it among the secrets. */
const SECRET = "privy-app-secret";
const DASHBOARD = "https://dashboard.privy.io";

interface Kept {
  settings: SettingLine[];
  secret: SecretSummary | undefined;
}

export function PrivyPage() {
  const kept = useAnswer<Kept>(
    async () => {
      const [settings, secrets] = await Promise.all([methods.settings(), methods.secrets()]);
      return { settings, secret: secrets.find(({ name }) => name === SECRET) };
    },
    "",
    () => false,
  );
  return (
    <Page title="Privy" lead="For people other than you: they sign in with their account of your Privy app. You need none of this for yourself.">
      <Answered of={kept}>
        {(found) => (
          <>
            <Now kept={found} />
            <SetUp kept={found} />
          </>
        )}
      </Answered>
    </Page>
  );
}

const valueOf = ({ settings }: Kept, name: string) => {
  const line = settings.find((each) => each.name === name);
  return line === undefined ? "" : toText(line.kind, line.value);
};

function Now({ kept }: { kept: Kept }) {
  const id = valueOf(kept, "privy_app_id");
  return (
    <Section title="Now">
      <dl class="facts">
        <Fact name="Sign-in">{valueOf(kept, "sign_in") || "auto"}</Fact>
        <Fact name="App id">{id === "" ? "none" : <code>{id}</code>}</Fact>
        <Fact name="App secret">{kept.secret?.present === true ? `kept in ${kept.secret.where}` : "none"}</Fact>
        <Fact name="Who may enter">{valueOf(kept, "people").replaceAll("\n", ", ") || "whom you invite or let in"}</Fact>
      </dl>
    </Section>
  );
}

function SetUp({ kept }: { kept: Kept }) {
  const deed = useDeed();
  const { say } = useHome();
  const line = kept.settings.find(({ name }) => name === "privy_app_id");
  const [appId, setAppId] = useState(valueOf(kept, "privy_app_id"));
  const [secret, setSecret] = useState("");
  const [checked, setChecked] = useState<PrivyCheck | null>(null);
  const [note, setNote] = useState("");
  const id = useId();
  const check = async (event: Event) => {
    event.preventDefault();
    setChecked(null);
    setNote("");
    await deed.run(async () => setChecked(await methods.checkPrivy(appId.trim(), secret.trim())));
  };
  const edited = (set: (text: string) => void) => (text: string) => {
    set(text);
    setChecked(null);
    deed.forget();
  };
  const use = async () => {
    await methods.setSecret(SECRET, secret.trim());
    const changed = await methods.changeSetting("privy_app_id", JSON.stringify(appId.trim()));
    setNote(changed.note || "Start Homeport anew: then people sign in with Privy.");
    setSecret("");
    setChecked(null);
    say("Privy was set up.");
  };
  return (
    <Section title="Set up" lead="Nothing is stored before you say so.">
      <form onSubmit={(event) => void check(event)}>
        <Input id={`${id}-app`} label="App id" value={appId} change={edited(setAppId)} disabled={line?.editable === false} />
        {line?.editable === false && <p class="notice">{line.why_not}</p>}
        <Input id={`${id}-secret`} label="App secret" value={secret} change={edited(setSecret)} password />
        <p class="quiet">
          Both are at{" "}
          <a href={DASHBOARD} target="_blank" rel="noopener noreferrer">
            dashboard.privy.io
          </a>
          , in your app under Configuration › App settings › Basics.
        </p>
        <div class="actions">
          <button type="submit" aria-disabled={deed.busy} disabled={appId.trim() === "" || secret.trim() === ""}>
            {deed.busy ? "Asking Privy…" : "Check with Privy"}
          </button>
        </div>
      </form>
      <Trouble text={deed.trouble} />
      {note !== "" && <p class="good">{note}</p>}
      {checked !== null && <Found check={checked} />}
      {checked !== null && checked.credentials_ok && line?.editable !== false && (
        <div class="actions">
          <DeedButton
            kind={checked.ok ? undefined : "second"}
            act={use}
            confirm={
              checked.ok
                ? undefined
                : { title: "Use it although nobody can sign in yet?", text: <p>Change first at Privy what is listed, or do it afterwards.</p>, yes: "Use it" }
            }
          >
            Use this app
          </DeedButton>
        </div>
      )}
    </Section>
  );
}

interface InputProps {
  id: string;
  label: string;
  value: string;
  change: (text: string) => void;
  password?: boolean;
  disabled?: boolean;
}

function Input({ id, label, value, change, password = false, disabled = false }: InputProps) {
  const onInput = ({ currentTarget }: { currentTarget: HTMLInputElement }) => change(currentTarget.value);
  const shared = { id, value, disabled, onInput, autocomplete: "off", spellcheck: false } as const;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {password ? <input type="password" {...shared} /> : <input {...shared} />}
    </div>
  );
}

function Found({ check }: { check: PrivyCheck }) {
  return (
    <div class="found" role="status">
      <p class={check.ok ? "good" : "trouble"}>
        {check.ok ? `People can sign in with ${check.app_name}.` : check.credentials_ok ? `${check.app_name}: something is missing.` : "Privy does not take these."}
      </p>
      {check.findings.length > 0 && (
        <ul class="lines">
          {check.findings.map((finding) => (
            <li key={finding.what}>
              <div class="about">
                <p>
                  {finding.blocking && <span class="mark destroy">blocks sign-in</span>} {finding.what}
                </p>
                <p class="quiet">
                  {finding.where}. {finding.fix}
                </p>
              </div>
            </li>
          ))}
        </ul>
      )}
      {check.methods.length > 0 && (
        <ul class="methods" aria-label="Ways to sign in">
          {check.methods.map((method) => (
            <li key={method.name} data-state={method.offered ? "ok" : "skipped"}>
              <Icon name={method.offered ? "done" : "failed"} />
              {method.label}
              <span class="quiet"> {method.offered ? "offered" : method.reason}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
