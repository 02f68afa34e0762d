// The URL to paste into ChatGPT, with a copy button, who can reach it, and the apps behind it.

import { useEffect, useRef, useState } from "preact/hooks";
import type { AppStatus, Status } from "./types";

export function Connector({ status }: { status: Status }) {
  const isPublic = status.public_url !== "";
  return (
    <section aria-labelledby="connector">
      <h2 id="connector">Connector URL</h2>
      {status.connector_url === "" ? (
        <p>There is none while Homeport is not online.</p>
      ) : (
        <>
          <CopyLine text={status.connector_url} />
          <p class="reach">
            <strong>{isPublic ? "Public" : "Local"}</strong>{" "}
            {isPublic
              ? `(tunnel: ${status.tunnel}). Paste it into ChatGPT under Settings, Apps and Connectors.`
              : "only: programs on this computer reach it, ChatGPT does not."}
          </p>
        </>
      )}
      <ul class="apps" aria-label="Apps">
        {status.apps.map((app) => (
          <AppLine key={app.path} app={app} only={status.apps.length === 1} />
        ))}
      </ul>
    </section>
  );
}

function AppLine({ app, only }: { app: AppStatus; only: boolean }) {
  return (
    <li>
      <strong>{app.name}</strong> {app.tools === 1 ? "1 tool" : `${app.tools} tools`}
      {!only && (
        <>
          {" "}
          at <code>{app.path}</code>
        </>
      )}
      {app.problem !== "" && (
        <p role="alert" class="trouble">
          {app.problem}
        </p>
      )}
    </li>
  );
}

function CopyLine({ text }: { text: string }) {
  const [said, setSaid] = useState("");
  const shown = useRef<HTMLElement>(null);
  useEffect(() => setSaid(""), [text]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied");
    } catch {
      // Without leave for the clipboard the text is selected, so that one key copies it.
      if (shown.current !== null) getSelection()?.selectAllChildren(shown.current);
      setSaid("Selected: copy it with Ctrl+C or ⌘C");
    }
  };

  return (
    <div class="copy-line">
      <code ref={shown}>{text}</code>
      <button type="button" onClick={() => void copy()}>
        Copy
      </button>
      <span role="status">{said}</span>
    </div>
  );
}
