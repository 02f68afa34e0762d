// What happens, as it happens: tool calls with HTTP, JSON-RPC and the tool's own outcome apart, sign-ins, what was revoked.

import { useEffect, useId, useState } from "preact/hooks";
import { useAnswer, useDeed } from "./homeport";
import * as methods from "./methods";
import { Empty, Page, Trouble } from "./parts/page";
import { clock, moment } from "./parts/words";
import type { ActivityLine } from "./types";

const PAGE = 50;
const TYPING_MS = 250;

export function ActivityPage() {
  const [typed, setTyped] = useState("");
  const [query, setQuery] = useState("");
  const id = useId();
  useEffect(() => {
    const timer = setTimeout(() => setQuery(typed.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <Page title="Activity" lead="The newest first, as it happens. Secrets in arguments are left out before anything is kept.">
      <div class="field filter">
        <label for={id}>Filter</label>
        <input id={id} type="search" value={typed} placeholder="a tool, a person, a client, an outcome" autocomplete="off" spellcheck={false} onInput={({ currentTarget }) => setTyped(currentTarget.value)} />
      </div>
      <Lines key={query} query={query} />
    </Page>
  );
}

function Lines({ query }: { query: string }) {
  const newest = useAnswer(() => methods.activity(PAGE, "", query));
  const [kept, setKept] = useState<ActivityLine[]>([]);
  const [atEnd, setAtEnd] = useState(false);
  const older = useDeed();
  // What scrolls out of the newest ones stays in sight.
  useEffect(() => {
    if (newest.data !== null) setKept((before) => merged(before, newest.data ?? []));
  }, [newest.data]);

  const load = () =>
    older.run(async () => {
      const more = await methods.activity(PAGE, kept.at(-1)?.activity_id ?? "", query);
      setKept((before) => merged(before, more));
      setAtEnd(more.length < PAGE);
    });
  if (newest.data === null) return newest.trouble === "" ? <p class="quiet">One moment…</p> : <Trouble text={newest.trouble} />;
  if (kept.length === 0) {
    return <Empty>{query === "" ? "Nothing has happened yet. The first call of a tool appears here." : "Nothing fits the filter."}</Empty>;
  }
  const mayHaveMore = !atEnd && kept.length >= PAGE;
  return (
    <>
      <Trouble text={newest.trouble} />
      <div class="activity card">
        <p class="columns" aria-hidden="true">
          <span>Time</span>
          <span>What</span>
          <span>Who</span>
          <span>HTTP</span>
          <span>RPC</span>
          <span>Outcome</span>
          <span>ms</span>
        </p>
        <ul aria-label="Activity">
          {kept.map((line) => (
            <li key={line.activity_id}>
              <Line line={line} />
            </li>
          ))}
        </ul>
      </div>
      {mayHaveMore && (
        <button type="button" class="second" aria-disabled={older.busy} onClick={() => void load()}>
          Load older
        </button>
      )}
      <Trouble text={older.trouble} />
    </>
  );
}

function merged(before: ActivityLine[], more: ActivityLine[]): ActivityLine[] {
  const all = new Map([...before, ...more].map((line) => [line.activity_id, line]));
  return [...all.values()].sort((one, other) => (one.activity_id < other.activity_id ? 1 : -1));
}

const KINDS: Record<string, string> = {
  tool_called: "Tool call",
  call_decided: "Call decided",
  approval_decided: "Request decided",
  grant_created: "Access given",
  grant_revoked: "Access ended",
  public_url_changed: "Public URL changed",
  app_failed: "App has an error",
};

const GOOD = new Set(["ok", "approved", "allowed"]);

function Line({ line }: { line: ActivityLine }) {
  const isCall = line.kind === "tool_called" || line.tool !== "";
  return (
    <details>
      <summary>
        <span class="time">
          <time dateTime={new Date(line.at * 1000).toISOString()} title={moment(line.at)}>
            {clock(line.at)}
          </time>
        </span>
        <span class="what">{isCall ? <code>{line.tool}</code> : (KINDS[line.kind] ?? line.kind)}</span>
        <span class="who">
          {line.preview && (
            <>
              <span class="mark">Preview</span>
              <span class="quiet"> as </span>
            </>
          )}
          <bdi>{line.person}</bdi>
          {!line.preview && line.client !== "" && (
            <span class="quiet">
              {line.person !== "" && " · "}
              <bdi>{line.client}</bdi>
            </span>
          )}
        </span>
        {isCall ? <Outcomes line={line} /> : <span class="rest quiet">{line.outcome || line.detail}</span>}
      </summary>
      <dl class="facts">
        <dt>When</dt>
        <dd>{moment(line.at)}</dd>
        <dt>Kind</dt>
        <dd>{KINDS[line.kind] ?? line.kind}</dd>
        <dt>{isCall ? "Arguments" : "Detail"}</dt>
        <dd>{line.detail === "" ? "none" : <code class="detail">{line.detail}</code>}</dd>
      </dl>
    </details>
  );
}

function Outcomes({ line }: { line: ActivityLine }) {
  return (
    <>
      <span class="number" data-good={line.http > 0 && line.http < 400}>
        <span class="name">HTTP </span>
        {line.http > 0 ? line.http : "–"}
      </span>
      <span class="number" data-good={line.rpc === 0}>
        <span class="name">JSON-RPC </span>
        {line.rpc === 0 ? "ok" : line.rpc}
      </span>
      <span class="outcome" data-good={GOOD.has(line.outcome)}>
        <span class="name">Tool </span>
        {line.outcome === "" ? "–" : line.outcome.replaceAll("_", " ")}
      </span>
      <span class="number ms">
        {line.milliseconds >= 0 ? line.milliseconds.toFixed(line.milliseconds < 10 ? 1 : 0) : "–"}
        <span class="name"> ms</span>
      </span>
    </>
  );
}
