// What a widget reads: the call that it shows, its own state, and the host. The hooks give the same and redraw.

import { keep, repeat } from "./actions";
import type { Host } from "./host";
import type { Fields, HostError } from "./messages";
import { chatgpt } from "./openai";
import { current } from "./store";
import type { ToolArguments, ToolData, ToolError, ToolMeta, ToolName } from "./tools";

export type ToolInput<N extends ToolName = ToolName> =
  | { state: "complete"; arguments: ToolArguments<N> }
  | { state: "pending" | "streaming" | "cancelled"; arguments: Partial<ToolArguments<N>> };

/** The arguments of the call that this widget shows. While the model writes them ("streaming") any of them may lack. */
export function toolInput<N extends ToolName = ToolName>(_tool?: N): ToolInput<N> {
  return current().input as ToolInput<N>;
}

export type ToolOutput<N extends ToolName = ToolName> = (
  | { state: "pending" | "slow" | "missing" }
  | { state: "cancelled"; reason: string }
  | { state: "failed"; error: ToolError | HostError }
  | { state: "ready"; data: ToolData<N>; text: string }
) & {
  /** Calls the tool again. Only there for a tool of which the widget said that this does no harm. */
  again?: () => Promise<void>;
};

/**
 * The result of the call that this widget shows, or why there is none. "slow": it takes longer than usual. "missing": the
 * host has loaded the widget again and does not repeat the result. `again` says that the tool may be called again, and
 * with which arguments where the host does not repeat those either.
 */
export function toolOutput<N extends ToolName = ToolName>(
  tool?: N,
  { again }: { again?: ToolArguments<N> } = {},
): ToolOutput<N> {
  const { input, output } = current();
  const args = input.state === "complete" ? (input.arguments as ToolArguments<N>) : again;
  const repeated = again && args && tool ? { again: () => repeat(tool, args) } : {};
  if (output.state !== "ready") return { ...output, ...repeated };
  const { data, text } = output.result;
  return { state: "ready", data: data as ToolData<N>, text, ...repeated };
}

/** The `meta` of Python's Result, which no model sees; empty until there is a result. */
export function toolMeta<N extends ToolName = ToolName>(_tool?: N): Partial<ToolMeta<N>> {
  const { output } = current();
  return output.state === "ready" ? (output.result.meta as ToolMeta<N>) : {};
}

/** Where the widget is shown: theme, locale, display mode, safe area, size, and which host it is. */
export function host(): Host {
  return current().host;
}

export type SetState<T> = (next: T | ((before: T) => T)) => void;

/**
 * The one state of this widget. ChatGPT keeps it with the message, over turns and reloads; MCP Apps has no place for it,
 * so that in other hosts it lasts as long as the document, and `survivesReload` is false. What comes back may be from an
 * older version of the widget. The model learns only what `forModel` makes of it.
 */
export function widgetState<T>(
  initial: T,
  forModel?: (state: T) => Fields,
): [T, SetState<T>, { survivesReload: boolean }] {
  const state = () => (current().kept ?? initial) as T;
  const set: SetState<T> = (next) => {
    const after = typeof next === "function" ? (next as (before: T) => T)(state()) : next;
    keep(after, forModel?.(after));
  };
  return [state(), set, { survivesReload: "setWidgetState" in chatgpt() }];
}
