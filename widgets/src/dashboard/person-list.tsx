// People and invitations: who they are, whether they may enter, and their way out.

import { useId, useState } from "preact/hooks";
import { useDeed, useHome } from "./homeport";
import * as methods from "./methods";
import { DeedButton } from "./parts/deeds";
import { Empty, Trouble } from "./parts/page";
import { count, since } from "./parts/words";
import type { InvitationSummary, PersonSummary, Removal } from "./types";

export function PersonList({ people }: { people: PersonSummary[] }) {
  return (
    <ul class="lines">
      {people.map((person) => (
        <Person key={person.person_id} person={person} />
      ))}
    </ul>
  );
}

function Person({ person }: { person: PersonSummary }) {
  const { person_id, name, email, blocked } = person;
  const called = name || email || person_id;
  const mails = person.emails.length > 0 ? person.emails.join(", ") : email;
  return (
    <li>
      <div class="about">
        <p>
          <strong>
            <bdi>{called}</bdi>
          </strong>{" "}
          {blocked && <span class="mark destroy">blocked</span>}
        </p>
        <p class="quiet">
          {mails !== "" && mails !== called && `${mails}. `}
          {person.provider === "privy" ? "Privy account" : "No account"}
          {person.admitted_as !== "" && `, ${person.admitted_as}`}. {count(person.live_grants, "live grant")}. Seen {since(person.seen_at)}.
        </p>
      </div>
      {blocked ? (
        <DeedButton kind="second" label={`Unblock ${called}`} act={() => methods.unblockPerson(person_id)} done={`${called} may sign in again.`}>
          Unblock
        </DeedButton>
      ) : (
        <DeedButton
          kind="second"
          label={`Block ${called}`}
          act={() => methods.blockPerson(person_id)}
          done={`${called} was blocked.`}
          confirm={{
            title: `Block ${called}?`,
            text: <p>Their {count(person.live_grants, "grant")} end at once, and they cannot sign in until you unblock them.</p>,
            yes: "Block",
          }}
        >
          Block
        </DeedButton>
      )}
      <Remove who={person_id} called={called} />
    </li>
  );
}

function Remove({ who, called }: { who: string; called: string }) {
  const [removal, setRemoval] = useState<Removal | null>(null);
  const goes = removal === null ? [] : [count(removal.grants, "live grant"), ...removal.invitations.map((mail) => `the invitation for ${mail}`)];
  return (
    <DeedButton
      kind="danger"
      label={`Remove ${called}`}
      act={() => methods.removePerson(who)}
      done={`${called} was removed.`}
      confirm={{
        title: `Remove ${called}?`,
        text: (
          <p>
            All that is theirs here goes, and cannot be brought back: {goes.join(", ")}, and their data in the tools.
          </p>
        ),
        yes: "Remove",
        prepare: async () => setRemoval(await methods.previewRemoval(who)),
      }}
    >
      Remove
    </DeedButton>
  );
}

export function Invitations({ invitations }: { invitations: InvitationSummary[] }) {
  const deed = useDeed();
  const { say } = useHome();
  const [email, setEmail] = useState("");
  const [note, setNote] = useState("");
  const id = useId();
  const invite = async (event: Event) => {
    event.preventDefault();
    setNote("");
    if (email.trim() === "") return;
    const done = await deed.run(async () => {
      const invited = await methods.invite(email.trim());
      setNote(invited.note);
      say(`${invited.email} was invited.`);
    });
    if (done) setEmail("");
  };
  return (
    <>
      <form onSubmit={(event) => void invite(event)}>
        <label for={id}>E-mail address</label>
        <div class="row">
          {/* Not type=email: Homeport says in its own words what is wrong with an address. */}
          <input id={id} inputMode="email" autocomplete="off" spellcheck={false} value={email} aria-invalid={deed.trouble !== ""} onInput={({ currentTarget }) => setEmail(currentTarget.value)} />
          <button type="submit" aria-disabled={deed.busy}>
            Invite
          </button>
        </div>
        <Trouble text={deed.trouble} />
        {note !== "" && <p class="notice">{note}</p>}
      </form>
      {invitations.length === 0 ? (
        <Empty>No invitation waits.</Empty>
      ) : (
        <ul class="lines">
          {invitations.map((invitation) => (
            <li key={invitation.email}>
              <p class="about">
                <bdi>{invitation.email}</bdi> <span class="quiet">invited {since(invitation.invited_at)}</span>
              </p>
              <DeedButton kind="second" label={`Withdraw the invitation for ${invitation.email}`} act={() => methods.removePerson(invitation.email)} done="The invitation was withdrawn.">
                Withdraw
              </DeedButton>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
