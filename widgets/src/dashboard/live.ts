// Tells the page when to ask anew: after each event that Homeport streams, after what was done here, and by the clock
// where there is no stream. Carries no data itself.

import { SESSION } from "./api";

const WITHOUT_STREAM_MS = 2_000;
const WITH_STREAM_MS = 15_000;
const STREAM_AGAIN_MS = 2_000;
/** Many events in a row are one change of the page. */
const GATHERED_MS = 300;

/** `kinds` are those of the events; "time" and "done" where there was none. */
type Listener = (kinds: ReadonlySet<string>) => Promise<void>;

export class Live {
  private readonly listeners = new Set<Listener>();
  private readonly kinds = new Set<string>();
  private gathering = false;
  private streaming = false;

  subscribe(listener: Listener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Something was done here: all that is shown asks anew. Ends when it has. */
  async done(): Promise<void> {
    await this.tell(new Set(["done"]));
  }

  run(signal: AbortSignal): void {
    void this.listen(signal);
    this.tick(signal);
    const shown = () => document.hidden || void this.tell(new Set(["time"]));
    document.addEventListener("visibilitychange", shown, { signal });
  }

  private async tell(kinds: ReadonlySet<string>): Promise<void> {
    await Promise.all([...this.listeners].map((listener) => listener(kinds)));
  }

  private tick(signal: AbortSignal): void {
    const wait = this.streaming ? WITH_STREAM_MS : WITHOUT_STREAM_MS;
    const timer = setTimeout(async () => {
      if (!document.hidden) await this.tell(new Set(["time"]));
      if (!signal.aborted) this.tick(signal);
    }, wait);
    signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  }

  private gather(kind: string): void {
    this.kinds.add(kind);
    if (this.gathering) return;
    this.gathering = true;
    setTimeout(() => {
      const kinds = new Set(this.kinds);
      this.kinds.clear();
      this.gathering = false;
      void this.tell(kinds);
    }, GATHERED_MS);
  }

  private async listen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const session = localStorage.getItem(SESSION);
      if (session !== null) await this.hear(session, signal).catch(() => {});
      this.streaming = false;
      await new Promise((again) => setTimeout(again, STREAM_AGAIN_MS));
    }
  }

  private async hear(session: string, signal: AbortSignal): Promise<void> {
    const headers = { Authorization: `Bearer ${session}` };
    const response = await fetch("/api/events", { headers, cache: "no-store", credentials: "omit", signal });
    if (!response.ok || response.body === null) return;
    this.streaming = true;
    // What happened while nobody listened is not told again.
    this.gather("time");
    let rest = "";
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (rest + part.value).split("\n");
      rest = lines.pop() ?? "";
      for (const kind of lines.map(kindOf)) if (!NO_NEWS.has(kind)) this.gather(kind);
    }
  }
}

/** What the stream says of itself. */
const NO_NEWS = new Set(["", "Listening", "Alive"]);

function kindOf(line: string): string {
  if (line.trim() === "") return "";
  const { kind } = JSON.parse(line) as { kind?: unknown };
  return typeof kind === "string" ? kind : "";
}
