// The tools a widget may call, as types, and what a call gives. Nothing here speaks to a host.

import { fieldsOf, isFields, type Fields } from "./messages";

/**
 * The app's tools. Empty here; an app's `tools.d.ts`, generated from its Python functions, fills it by augmentation:
 *
 *     export {};
 *     declare module "homeport/tools" {
 *       interface Tools {
 *         "find-recipes": {
 *           arguments: { words: string; limit?: number };   // the tool's input schema; a default makes it optional
 *           result: { result: { id: string; title: string }[] };   // its output schema, just as structuredContent is
 *           meta?: { total: number };   // only if the generator knows it; Record<string, unknown> otherwise
 *         };
 *       }
 *     }
 *
 * A tool whose Python function returns no object has its value under `result.result`, as on the wire.
 * While the interface is empty every name is allowed, and arguments and results are records of unknown values.
 */
export interface Tools {}

export type ToolName = keyof Tools extends never ? string : keyof Tools & string;
type Part<N extends string, P extends string> = N extends keyof Tools
  ? P extends keyof Tools[N]
    ? NonNullable<Tools[N][P]>
    : Fields
  : Fields;
export type ToolArguments<N extends ToolName> = Part<N, "arguments">;
export type ToolData<N extends ToolName> = Part<N, "result">;
export type ToolMeta<N extends ToolName> = Part<N, "meta">;

/** What a tool gave, in the words of Python's `Result`: `data` for everyone, `text` for the chat, `meta` for us only. */
export interface ToolResult<N extends ToolName = ToolName> {
  data: ToolData<N>;
  text: string;
  meta: ToolMeta<N>;
}

/** The result of some tool, before somebody says of which. */
export type AnyResult = Record<"data" | "meta", unknown> & { text: string };

/** The tool said no. `code` is Python's class name in snake case, such as "not_found"; `message` is for a person. */
export class ToolError extends Error {
  constructor(
    /** Its name; empty for the call that the widget shows. */
    readonly tool: string,
    readonly code: string,
    message: string,
    /** All that the model would read. */
    readonly text: string,
  ) {
    super(message);
    this.name = "ToolError";
  }
}

const ERROR_META = "homeport/error";

/** A result from the wire (MCP's CallToolResult, or what window.openai.callTool gave), checked. Throws ToolError. */
export function readResult(tool: string, raw: unknown): AnyResult {
  const result = fieldsOf(raw);
  const { content, structuredContent: data } = result;
  const meta = fieldsOf(result._meta ?? result.meta);
  const blocks: unknown[] = Array.isArray(content) ? content : [];
  const texts = blocks.filter(isFields).map((block) => block.text);
  // ChatGPT's first callTool gave { result: text }.
  const text = [...texts, result.result].filter((part) => typeof part === "string").join("\n");
  if (result.isError === true) {
    const { code, message } = fieldsOf(meta[ERROR_META]);
    const said = typeof message === "string" ? message : text || "The tool failed and did not say why.";
    throw new ToolError(tool, typeof code === "string" ? code : "tool_error", said, text);
  }
  return { data: fieldsOf(data), text, meta };
}
