// One call of a tool that asks the owner first: who, with what, the whole arguments, and a yes for this call only.

import * as methods from "./methods";
import { DeedButton } from "./parts/deeds";
import { Fact } from "./parts/page";
import { duration, EFFECTS } from "./parts/words";
import type { CallRequest } from "./types";

export function CallQuestion({ call }: { call: CallRequest }) {
  const title = `call-${call.number}`;
  return (
    <li aria-labelledby={title}>
      <h3 id={title}>
        {call.title || call.tool} <span class={`mark ${call.effect}`}>{EFFECTS[call.effect] ?? call.effect}</span>
      </h3>
      <dl class="facts">
        <Fact name="Tool">
          <code>{call.tool}</code>
        </Fact>
        <Fact name="For">
          <bdi>{call.person}</bdi>
        </Fact>
        <Fact name="Through">
          <bdi>{call.client}</bdi>
          {!call.client_verified && <em class="unverified"> unverified name</em>}
        </Fact>
        <Fact name="Asked">
          {duration(call.age_seconds)} ago
          {!call.waiting && ". It waits no longer: after a yes, let ChatGPT call again with the same arguments."}
        </Fact>
      </dl>
      <p class="label" id={`${title}-arguments`}>
        With exactly this
      </p>
      <pre tabIndex={0} role="region" aria-labelledby={`${title}-arguments`}>
        {call.arguments}
      </pre>
      <div class="actions">
        <DeedButton
          label={`Allow once: ${call.tool}, call ${call.number}`}
          act={() => methods.allowCall(call.number, call.digest)}
          done={`${call.tool} was allowed, once.`}
        >
          Allow once
        </DeedButton>
        <DeedButton
          kind="second"
          label={`Deny: ${call.tool}, call ${call.number}`}
          act={() => methods.denyCall(call.number)}
          done={`${call.tool} was denied.`}
        >
          Deny
        </DeedButton>
      </div>
    </li>
  );
}
