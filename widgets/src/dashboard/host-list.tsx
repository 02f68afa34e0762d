// The hosts that clients want browsers sent to after sign-in: those that wait for a yes, and those that have one.

import * as methods from "./methods";
import { DeedButton } from "./parts/deeds";
import { since } from "./parts/words";
import type { WaitingHost } from "./types";

export function HostList({ hosts }: { hosts: WaitingHost[] }) {
  return (
    <ul class="lines">
      {hosts.map((host) => (
        <li key={host.host}>
          <div class="about">
            <p>
              <strong>
                <bdi>{host.host}</bdi>
              </strong>
            </p>
            <p class="quiet">
              {host.client !== "" && (
                <>
                  <bdi>{host.client}</bdi>.{" "}
                </>
              )}
              {host.allowed_at > 0 ? `Allowed ${since(host.allowed_at)}.` : `Asked ${since(host.asked_at)}.`}
            </p>
          </div>
          {host.allowed_at > 0 ? (
            <DeedButton kind="second" label={`Withdraw ${host.host}`} act={() => methods.withdrawHost(host.host)} done={`${host.host} is allowed no longer.`}>
              Withdraw
            </DeedButton>
          ) : (
            <DeedButton
              label={`Allow ${host.host}`}
              act={() => methods.allowHost(host.host)}
              done={`${host.host} is allowed.`}
              confirm={{
                title: `Let clients send browsers to ${host.host}?`,
                text: <p>Whoever runs that host gets the access you approve for its clients. Allow it only if you know it.</p>,
                yes: "Allow",
              }}
            >
              Allow
            </DeedButton>
          )}
        </li>
      ))}
    </ul>
  );
}
