// The grants: which client acts for whom, with what, and the end of that. Ended ones stay in sight, folded away.

import * as methods from "./methods";
import { DeedButton } from "./parts/deeds";
import { Empty } from "./parts/page";
import { scopesInWords, since } from "./parts/words";
import type { GrantSummary } from "./types";

export function GrantList({ grants }: { grants: GrantSummary[] }) {
  const live = grants.filter(({ state }) => state === "live");
  const ended = grants.filter(({ state }) => state !== "live");
  return (
    <>
      {live.length === 0 ? (
        <Empty>Nobody has access.</Empty>
      ) : (
        <ul class="lines">
          {live.map((grant) => (
            <Line key={grant.grant_id} grant={grant} />
          ))}
        </ul>
      )}
      {ended.length > 0 && (
        <details>
          <summary>Ended ({ended.length})</summary>
          <ul class="lines">
            {ended.map((grant) => (
              <Line key={grant.grant_id} grant={grant} />
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Line({ grant }: { grant: GrantSummary }) {
  const live = grant.state === "live";
  return (
    <li>
      <div class="about">
        <p>
          <strong>
            <bdi>{grant.client}</bdi>
          </strong>{" "}
          for <bdi>{grant.person}</bdi>
        </p>
        <p class="quiet">
          {scopesInWords(grant.scopes)}. {live ? `Last used ${since(grant.last_used_at)}` : grant.state}, given {since(grant.created_at)},
          at {grant.resource}
        </p>
      </div>
      {live && (
        <DeedButton
          kind="danger"
          label={`Revoke ${grant.client} for ${grant.person}`}
          act={() => methods.revokeGrant(grant.grant_id)}
          done="Revoked. Its next call is refused."
          confirm={{
            title: `End the access of ${grant.client} for ${grant.person}?`,
            text: <p>Its next call is refused. To connect again, the person signs in anew and you are asked.</p>,
            yes: "Revoke",
          }}
        >
          Revoke
        </DeedButton>
      )}
    </li>
  );
}
