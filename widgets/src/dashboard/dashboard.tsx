// The owner's page on this computer: asks every two seconds how Homeport is, and shows it.

import { useCallback, useEffect, useState } from "preact/hooks";
import { NoSession, openSession, snapshot, type Snapshot } from "./api";
import { Connector } from "./connector";
import { Waiting } from "./waiting";
import type { Status } from "./types";

const EVERY_MS = 2_000;

const STATES: Record<Status["state"], string> = {
  stopped: "Stopped",
  starting: "Starting",
  online: "Online",
  stopping: "Stopping",
  error: "Not working",
};

export function Dashboard() {
  const { seen, trouble, signedOut, refresh } = useHomeport();
  const waiting = seen?.pending.length ?? 0;
  useEffect(() => {
    document.title = waiting > 0 ? `(${waiting}) Homeport` : "Homeport";
  }, [waiting]);

  if (signedOut) return <SignedOut why={trouble} />;
  if (seen === null) return <main>{trouble === "" ? <p role="status">One moment…</p> : <Trouble text={trouble} />}</main>;
  const { status, pending } = seen;
  const state = trouble === "" ? status.state : "unknown";
  return (
    <main>
      <header>
        <h1>Homeport</h1>
        <output class="state" data-state={state} aria-label="State">
          {trouble === "" ? STATES[status.state] : "Not answering"}
        </output>
      </header>
      {trouble !== "" && <Trouble text={trouble} />}
      {status.problem !== "" && <Trouble text={status.problem} />}
      {status.warnings.length > 0 && (
        <ul class="warning" aria-label="Warnings">
          {status.warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
      <Waiting requests={pending} changed={refresh} />
      <Connector status={status} />
      <Facts status={status} />
    </main>
  );
}

function Trouble({ text }: { text: string }) {
  return (
    <p role="alert" class="trouble">
      {text}
    </p>
  );
}

function SignedOut({ why }: { why: string }) {
  return (
    <main>
      <header>
        <h1>Homeport</h1>
      </header>
      <p role="status">
        {why !== "" ? why : "This page has no session: it was opened without a fresh link, or Homeport was started anew."}
      </p>
      <p>
        Run <code>homeport open</code> in a terminal on this computer. It opens this page again, with a link that works
        once.
      </p>
    </main>
  );
}

function Facts({ status }: { status: Status }) {
  const grants = status.grants === 1 ? "1 live grant" : `${status.grants} live grants`;
  return (
    <footer>
      <dl class="facts">
        <dt>Access</dt>
        <dd>{grants}</dd>
        <dt>Secrets</dt>
        <dd>{status.secrets}</dd>
        <dt>Database</dt>
        <dd>{status.database}</dd>
        <dt>Data folder</dt>
        <dd>{status.data_dir}</dd>
        <dt>Version</dt>
        <dd>{status.version}</dd>
      </dl>
    </footer>
  );
}

interface Seen {
  /** The last answer; it stays while Homeport does not answer, marked by `trouble`. */
  seen: Snapshot | null;
  trouble: string;
  signedOut: boolean;
  refresh: () => Promise<void>;
}

function useHomeport(): Seen {
  const [seen, setSeen] = useState<Snapshot | null>(null);
  const [trouble, setTrouble] = useState("");
  const [signedOut, setSignedOut] = useState(false);

  const refresh = useCallback(async () => {
    try {
      setSeen(await snapshot());
      setTrouble("");
      setSignedOut(false);
    } catch (error) {
      if (error instanceof NoSession) setSignedOut(true);
      else setTrouble(textOf(error));
    }
  }, []);

  useEffect(() => {
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;

    const open = async () => {
      // A code that is used up says nothing about a session that this browser may still have.
      await openSession().catch((error: unknown) => {
        if (!(error instanceof NoSession)) setTrouble(textOf(error));
      });
      await refresh();
    };
    const again = () => {
      if (over) return;
      timer = setTimeout(async () => {
        if (!document.hidden) await refresh();
        again();
      }, EVERY_MS);
    };
    const shown = () => {
      if (!document.hidden) void refresh();
    };
    const opened = () => void open();

    void open().then(again);
    addEventListener("hashchange", opened);
    document.addEventListener("visibilitychange", shown);
    return () => {
      over = true;
      clearTimeout(timer);
      removeEventListener("hashchange", opened);
      document.removeEventListener("visibilitychange", shown);
    };
  }, [refresh]);

  return { seen, trouble, signedOut, refresh };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
