// What a code would allow, who this is, and the last question. Its default is No for somebody new and for another network.

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useDeed } from "./homeport";
import * as methods from "./methods";
import { DeedButton } from "./parts/deeds";
import { Fact, Trouble } from "./parts/page";
import { EFFECTS, scopesInWords } from "./parts/words";
import type { ApprovalPreview, Approved } from "./types";

interface AskedInProps {
  preview: ApprovalPreview;
  code: string;
  close: (approved: Approved | null, consentInBrowser: boolean) => void;
}

export function AskedIn({ preview, code, close }: AskedInProps) {
  const { request, newcomer } = preview;
  const [who, setWho] = useState(newcomer);
  const [readOnly, setReadOnly] = useState(false);
  const [consentInBrowser, setConsentInBrowser] = useState(false);
  const [isMine, setIsMine] = useState(false);
  const deed = useDeed();
  const id = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);

  const elsewhere = !request.same_network;
  const called = calledAs(preview, who);
  const sure = !elsewhere && !(called.isNew && who.trim() !== "");
  const missing =
    who.trim() === "" ? "Say who this is first." : elsewhere && !isMine ? "This browser is on another network: say that you know it first." : "";

  const allow = async () => {
    let approved: Approved | null = null;
    await deed.run(async () => {
      if (missing !== "") throw new Error(missing);
      approved = await methods.approve({
        code,
        who: newcomer !== "" ? "" : who.trim(),
        read_only: readOnly,
        consent_in_browser: consentInBrowser,
        other_network: elsewhere,
      });
    });
    if (approved !== null) close(approved, consentInBrowser);
  };

  const scopes = preview.scopes.filter((scope) => !(readOnly && scope === "write"));
  const tools = preview.tools.filter((tool) => !readOnly || tool.effect === "read");
  return (
    <div class="approval" role="group" aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`} ref={heading} tabIndex={-1}>
        {newcomer === "" ? (
          <>
            <ClientName preview={preview} /> wants to use this computer
          </>
        ) : (
          <>
            <bdi>{newcomer}</bdi> signed in and asks to be let in, to use <ClientName preview={preview} /> here
          </>
        )}
      </h3>
      <dl class="facts">
        <Fact name="Returns to">{request.redirect_host}</Fact>
        <Fact name="Browser">
          <bdi>{request.browser}</bdi>, {request.network}
        </Fact>
        <Fact name="May">{scopesInWords(scopes)}</Fact>
      </dl>
      {tools.length > 0 && (
        <ul class="tools" aria-label="Tools">
          {tools.map((tool) => (
            <li key={tool.name}>
              <span>{tool.title || tool.name}</span>
              <span class="name">{tool.name}</span>
              {tool.new && <strong>new</strong>}
              <span class={`mark ${tool.effect}`}>{EFFECTS[tool.effect] ?? tool.effect}</span>
            </li>
          ))}
        </ul>
      )}
      {preview.relay_warning !== "" && <p class="warning">{preview.relay_warning}</p>}
      {newcomer === "" && <Who preview={preview} who={who} choose={setWho} />}
      {newcomer === "" && (
        <>
          {preview.scopes.includes("write") && (
            <label class="choice">
              <input type="checkbox" checked={readOnly} onChange={({ currentTarget }) => setReadOnly(currentTarget.checked)} />
              <span>Let it read only. Tools that change or delete stay closed.</span>
            </label>
          )}
          <label class="choice">
            <input type="checkbox" checked={consentInBrowser} onChange={({ currentTarget }) => setConsentInBrowser(currentTarget.checked)} />
            <span>Let the person agree on their own page first.</span>
          </label>
        </>
      )}
      {elsewhere && (
        <label class="choice">
          <input type="checkbox" checked={isMine} onChange={({ currentTarget }) => setIsMine(currentTarget.checked)} />
          <span>{newcomer === "" ? "This browser is on ANOTHER network. It is mine, or I know whose it is." : "They are on ANOTHER network. I know this person."}</span>
        </label>
      )}
      <Trouble text={deed.trouble} />
      <p id={`${id}-question`}>
        {newcomer !== "" ? (
          <>
            Allow <bdi>{newcomer}</bdi> to enter, now and later?
          </>
        ) : (
          who.trim() !== "" && (
            <>
              Allow <bdi>{request.client}</bdi> as <bdi>{called.name}</bdi>?
            </>
          )
        )}
      </p>
      <div class="actions">
        <button type="button" class={sure ? undefined : "second"} aria-disabled={deed.busy} aria-describedby={`${id}-question`} onClick={() => void allow()}>
          Allow
        </button>
        <button type="button" class={sure ? "second" : undefined} onClick={() => close(null, false)}>
          Not now
        </button>
        <DeedButton kind="danger" act={() => methods.deny(request.number).then(() => close(null, false))} done={`Request ${request.number} was denied.`}>
          Deny
        </DeedButton>
      </div>
    </div>
  );
}

function ClientName({ preview: { request } }: { preview: ApprovalPreview }) {
  return (
    <>
      <bdi>{request.client}</bdi>
      {!request.client_verified && <em class="unverified"> (unverified name)</em>}
    </>
  );
}

interface WhoProps {
  preview: ApprovalPreview;
  who: string;
  choose: (who: string) => void;
}

/** Me until the owner exists, a known person, or somebody new by name. Nobody is chosen beforehand. */
function Who({ preview, who, choose }: WhoProps) {
  const name = useId();
  const [isNew, setIsNew] = useState(false);
  const known: [id: string, label: string][] = [
    ...(preview.owner_exists ? [] : [["me", "Me, the owner of this computer"] as [string, string]]),
    ...preview.people,
  ];
  return (
    <fieldset class="who-is">
      <legend>Who is this?</legend>
      {known.map(([id, label]) => (
        <label class="choice" key={id}>
          <input
            type="radio"
            name={name}
            checked={!isNew && who === id}
            onChange={() => {
              setIsNew(false);
              choose(id);
            }}
          />
          <span>
            <bdi>{label}</bdi>
          </span>
        </label>
      ))}
      <label class="choice">
        <input
          type="radio"
          name={name}
          checked={isNew}
          onChange={() => {
            setIsNew(true);
            choose("");
          }}
        />
        <span>Somebody new</span>
      </label>
      {isNew && (
        <label class="field">
          <span>Their name</span>
          <input value={who} maxLength={64} autocomplete="off" onInput={({ currentTarget }) => choose(currentTarget.value)} />
        </label>
      )}
    </fieldset>
  );
}

const folded = (name: string) => name.normalize("NFKC").trim().toLocaleLowerCase();

/** How the last question calls `who`, and whether that is somebody new. Decides as the Engine does. */
function calledAs(preview: ApprovalPreview, who: string): { name: string; isNew: boolean } {
  if (preview.newcomer !== "") return { name: preview.newcomer, isNew: true };
  const known = preview.people.find(([id, label]) => id === who.trim() || folded(label) === folded(who));
  if (known !== undefined) return { name: known[1], isNew: false };
  if (folded(who) === "me") return { name: "you, the owner of this computer", isNew: false };
  return { name: `somebody new called “${who.trim()}”`, isNew: true };
}

export function approvedInWords(approved: Approved, consentInBrowser: boolean): string {
  if (approved.newcomer) {
    return `${approved.person} may enter from now on. What ${approved.client} may do they decide on their page, which continues by itself.`;
  }
  const who = `${approved.client} acts for ${approved.person === "me" ? "you" : approved.person}`;
  if (consentInBrowser) return `${who} once they agree on the page, which continues by itself.`;
  return `${who} now (${scopesInWords(approved.scopes)}). The page continues by itself.`;
}
