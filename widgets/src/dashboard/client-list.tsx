// The programs that came here to act for people, and how far their names can be trusted.

import { count, since } from "./parts/words";
import type { ClientSummary } from "./types";

const KINDS: Record<string, string> = { cimd: "proves its name", dcr: "registered itself", static: "built in" };

export function ClientList({ clients }: { clients: ClientSummary[] }) {
  return (
    <ul class="lines">
      {clients.map((client) => (
        <li key={client.client_id}>
          <div class="about">
            <p>
              <strong>
                <bdi>{client.name}</bdi>
              </strong>{" "}
              {client.verified_host !== "" ? <span class="quiet">{client.verified_host}</span> : <em class="unverified">unverified name</em>}
            </p>
            <p class="quiet">
              {KINDS[client.kind] ?? client.kind}. Sends browsers to {client.redirect_hosts.join(", ") || "nowhere"}.{" "}
              {count(client.live_grants, "live grant")}. Used {since(client.used_at)}.
            </p>
            {client.tool_list_outdated && (
              <p class="notice">It works with an old list of tools. In ChatGPT: open the plugin, press Refresh, and begin a new conversation.</p>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}
