// The questions that wait for the owner: who wants in, and which calls of tools the owner wants to be asked about. A browser
// is let in by the code from the other screen, which this page never sees; here one can only deny.

import { Approving } from "./approving";
import { CallQuestion } from "./call-question";
import type { Seen } from "./homeport";
import * as methods from "./methods";
import { DeedButton } from "./parts/deeds";
import { Fact, Page, Section } from "./parts/page";
import { count, duration } from "./parts/words";
import type { PendingRequest } from "./types";

export function WaitingPage({ seen }: { seen: Seen }) {
  return (
    <Page title="Waiting" lead="Who wants in, and what your tools are asked to do only with your leave.">
      <Waiting seen={seen} />
      <Calls seen={seen} />
    </Page>
  );
}

export function Waiting({ seen: { pending } }: { seen: Seen }) {
  return (
    <Section title="Waiting for you">
      <p>
        {pending.length === 0
          ? "Nothing waits."
          : pending.length === 1
            ? "1 request waits for your answer."
            : `${pending.length} requests wait for your answer.`}
      </p>
      <Approving waiting={pending.length > 0} />
      {pending.length > 0 && (
        <ul class="requests">
          {pending.map((request) => (
            <Request key={request.number} request={request} />
          ))}
        </ul>
      )}
      {pending.length > 1 && (
        <DeedButton
          kind="second"
          act={() => methods.deny(null)}
          done="All were denied."
          confirm={{ title: `Deny all ${pending.length} requests?`, text: <p>Their pages say so. Nobody gets access.</p>, yes: "Deny all" }}
        >
          Deny all
        </DeedButton>
      )}
    </Section>
  );
}

export function Calls({ seen: { calls } }: { seen: Seen }) {
  return (
    <Section title="Tool calls that ask" lead="A tool with the rule “ask” waits 25 seconds for you. A yes counts once, for exactly these arguments.">
      {calls.length === 0 ? (
        <p>No call asks.</p>
      ) : (
        <ul class="requests" aria-label={count(calls.length, "call")}>
          {calls.map((call) => (
            <CallQuestion key={call.number} call={call} />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Request({ request }: { request: PendingRequest }) {
  const title = `request-${request.number}`;
  return (
    <li aria-labelledby={title}>
      <h3 id={title}>
        <span class="number">{request.number}</span> <bdi>{request.client}</bdi>
        {!request.client_verified && <em class="unverified"> unverified name</em>}
      </h3>
      {request.kind === "new-person" && <p>Somebody who signed in and is not invited asks to be let in.</p>}
      <dl class="facts">
        <Fact name="Sends you to">{request.redirect_host}</Fact>
        <Fact name="Asked">{duration(request.age_seconds)} ago</Fact>
        <Fact name="Network">
          {request.network}
          {!request.same_network && <strong class="other-network"> not this computer's network</strong>}
        </Fact>
        <Fact name="Browser">
          <bdi>{request.browser}</bdi>
        </Fact>
      </dl>
      <DeedButton kind="second" label={`Deny request ${request.number}`} act={() => methods.deny(request.number)} done={`Request ${request.number} was denied.`}>
        Deny
      </DeedButton>
    </li>
  );
}
