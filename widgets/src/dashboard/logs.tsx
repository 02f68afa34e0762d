// What the program said since it started, without secrets.

import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { useAnswer } from "./homeport";
import * as methods from "./methods";
import { Answered, Empty, Page } from "./parts/page";
import { clock } from "./parts/words";
import type { LogLine } from "./types";

const LINES = 500;
const GRAVE = new Set(["WARNING", "ERROR", "CRITICAL"]);

export function LogsPage() {
  const logs = useAnswer(() => methods.logs(LINES));
  const [onlyGrave, setOnlyGrave] = useState(false);
  const id = useId();
  return (
    <Page title="Logs" lead="What this run of Homeport said, the newest last. Secrets are left out; it may be shown to somebody who helps you.">
      <label class="choice" for={id}>
        <input id={id} type="checkbox" checked={onlyGrave} onChange={({ currentTarget }) => setOnlyGrave(currentTarget.checked)} />
        <span>Only warnings and errors</span>
      </label>
      <Answered of={logs} empty="Nothing was said yet.">
        {(lines) => <Lines lines={lines.filter(({ level }) => !onlyGrave || GRAVE.has(level.toUpperCase()))} />}
      </Answered>
    </Page>
  );
}

function Lines({ lines }: { lines: LogLine[] }) {
  const [said, setSaid] = useState("");
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  // Whoever reads further up is left there.
  useLayoutEffect(() => {
    if (atEnd.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  const scrolled = ({ currentTarget: { scrollTop, scrollHeight, clientHeight } }: { currentTarget: HTMLDivElement }) => {
    atEnd.current = scrollHeight - scrollTop - clientHeight < 40;
  };
  if (lines.length === 0) return <Empty>Nothing to show.</Empty>;
  const copy = async () => {
    const text = lines.map(({ at, level, text }) => `${new Date(at * 1000).toISOString()} ${level} ${text}`).join("\n");
    await navigator.clipboard.writeText(text).then(
      () => setSaid("Copied"),
      () => setSaid("The browser gave no leave for the clipboard."),
    );
  };
  return (
    <>
      <div class="log" ref={box} onScroll={scrolled} tabIndex={0} role="region" aria-label="Log">
        <ul>
          {lines.map((line, place) => (
            <li key={`${line.at}-${place}`} data-grave={GRAVE.has(line.level.toUpperCase())}>
              <time dateTime={new Date(line.at * 1000).toISOString()}>{clock(line.at)}</time> <span class="level">{line.level.toLowerCase()}</span>{" "}
              <span class="text">{line.text}</span>
            </li>
          ))}
        </ul>
      </div>
      <div class="actions">
        <button type="button" class="second" onClick={() => void copy()}>
          Copy all
        </button>
        <span role="status">{said}</span>
      </div>
    </>
  );
}
