// What the host has said last, and who is told when that changes. It never speaks to the host.

import { dress, unknownHost, withContext, type Host } from "./host";
import { fieldsOf, type Fields, type HostError } from "./messages";
import { readResult, type AnyResult, type ToolError } from "./tools";

const SLOW_SECONDS = 8;
const MISSING_SECONDS = 1.5;

/** "pending": the host has sent none yet. "streaming": the model is still writing them. */
export interface Input {
  state: "pending" | "streaming" | "complete" | "cancelled";
  arguments: Fields;
}

/** "missing": the document was loaded again, or has no host, and nobody repeats the result. */
export type Output =
  | { state: "pending" | "slow" | "missing" }
  | { state: "cancelled"; reason: string }
  | { state: "failed"; error: ToolError | HostError }
  | { state: "ready"; result: AnyResult };

export interface Now {
  host: Host;
  input: Input;
  output: Output;
  /** What useWidgetState keeps; undefined before anything was kept. */
  kept: unknown;
}

// A document has one host for as long as it lives: that is why this is a module with state.
let now: Now = {
  host: unknownHost(),
  input: { state: "pending", arguments: {} },
  output: { state: "pending" },
  kept: undefined,
};
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

export const current = (): Now => now;

/** Call `listener` after each change; what is returned ends that. */
export function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

export function change(changed: Partial<Now>): void {
  now = { ...now, ...changed };
  for (const listener of [...listeners]) listener();
}

export function takeHost(known: Partial<Host>, context: Fields = {}): void {
  const host = withContext({ ...now.host, ...known }, context);
  dress(host, context);
  change({ host });
  if (host.connection === "absent" && now.output.state === "pending") change({ output: { state: "missing" } });
}

export function takeInput(state: "streaming" | "complete", given: unknown): void {
  // Nothing may follow the complete arguments: a part that comes late is no news.
  if (state === "streaming" && /complete|cancelled/.test(now.input.state)) return;
  change({ input: { state, arguments: fieldsOf(given) } });
  waitForResult();
}

export function takeCancellation(reason: unknown): void {
  clearTimeout(timer);
  change({
    input: { ...now.input, state: "cancelled" },
    output: { state: "cancelled", reason: typeof reason === "string" ? reason : "" },
  });
}

/** A result as it came; an error of the tool is one as well. */
export function takeResult(raw: unknown): void {
  clearTimeout(timer);
  try {
    const result = readResult("", raw);
    if (now.output.state === "ready") {
      // Over two bridges a result comes twice, once without its text: what is the same stays the same object.
      const before = now.output.result;
      if (JSON.stringify(before.data) === JSON.stringify(result.data)) result.data = before.data;
      result.text ||= before.text;
    }
    change({ output: { state: "ready", result } });
  } catch (error) {
    change({ output: { state: "failed", error: error as ToolError } });
  }
}

/** From now on a result is awaited: without one the output becomes "slow", or "missing" where a state was kept. */
export function waitForResult(): void {
  clearTimeout(timer);
  if (now.output.state !== "pending") return;
  const [state, seconds] = now.kept === undefined ? (["slow", SLOW_SECONDS] as const) : (["missing", MISSING_SECONDS] as const);
  timer = setTimeout(() => change({ output: { state } }), seconds * 1000);
}
