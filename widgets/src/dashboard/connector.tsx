// The URL to paste into ChatGPT, with a copy button, who can reach it, and the apps behind it.

import { CopyLine } from "./parts/copy";
import { Section, Trouble } from "./parts/page";
import { count } from "./parts/words";
import type { AppStatus, Status } from "./types";

export function Connector({ status }: { status: Status }) {
  const isPublic = status.public_url !== "";
  const isDown = ["down", "error"].includes(status.tunnel_state.state);
  return (
    <Section title="Connector URL">
      {status.connector_url === "" ? (
        <p>There is none while Homeport is not online.</p>
      ) : (
        <>
          <CopyLine text={status.connector_url} />
          <p class="reach">
            {isDown ? (
              <>
                <strong>Nobody</strong> gets through {TUNNELS[status.tunnel] ?? status.tunnel} now.{" "}
                <a href="#/tunnel">See the tunnel</a>
              </>
            ) : isPublic ? (
              <>
                <strong>Public</strong> through {TUNNELS[status.tunnel] ?? status.tunnel}. Paste it into ChatGPT;{" "}
                <a href="#/setup">Setup</a> says where.
              </>
            ) : (
              <>
                <strong>Local</strong> only: programs on this computer reach it, ChatGPT does not.{" "}
                <a href="#/tunnel">Set up a tunnel</a>
              </>
            )}
          </p>
        </>
      )}
      <ul class="apps" aria-label="Apps">
        {status.apps.map((app) => (
          <AppLine key={app.path} app={app} only={status.apps.length === 1} />
        ))}
      </ul>
    </Section>
  );
}

export const TUNNELS: Record<string, string> = {
  auto: "the tunnel that fits",
  none: "no tunnel",
  ngrok: "ngrok",
  cloudflared: "Cloudflare",
  ssh: "your own server (SSH)",
  fixed: "an address of your own",
};

function AppLine({ app, only }: { app: AppStatus; only: boolean }) {
  return (
    <li>
      <strong>{app.name}</strong> {count(app.tools, "tool")}
      {!only && (
        <>
          {" "}
          at <code>{app.path}</code>
        </>
      )}
      <Trouble text={app.problem} />
    </li>
  );
}
