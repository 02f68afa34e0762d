// What a widget may ask the host for. MCP Apps comes first, window.openai where MCP Apps is not there or lacks the thing.

import { notify, request } from "./connection";
import type { DisplayMode } from "./host";
import { fieldsOf, HostError, within, type Fields } from "./messages";
import { chatgpt, type ChatGPT } from "./openai";
import { change, current, takeHost } from "./store";
import { readResult, type ToolArguments, type ToolName, type ToolResult } from "./tools";

const SECONDS = 30;
const TOOL_SECONDS = 60;

/**
 * Call a tool of the app. Throws ToolError when the tool says no, and HostError when the host does; "timeout", after
 * `seconds` (60 unless told), means that nobody knows whether the tool did its work.
 */
export async function callTool<N extends ToolName>(
  tool: N,
  args: ToolArguments<N>,
  { seconds = TOOL_SECONDS }: { seconds?: number } = {},
): Promise<ToolResult<N>> {
  const given = args as Fields;
  const params = { name: tool, arguments: given };
  const raw = await ask("serverTools", "tools/call", params, "callTool", [tool, given], seconds);
  return readResult(tool, raw) as ToolResult<N>;
}

/** Say something in the chat in the person's name; the model answers it. Throws HostError. */
export async function sendMessage(text: string): Promise<void> {
  const params = { role: "user", content: [{ type: "text", text }] };
  await ask("message", "ui/message", params, "sendFollowUpMessage", [{ prompt: text }]);
}

/** Open a web page outside the chat. `redirectUrl` is for ChatGPT: where the page may send the person back to. */
export async function openLink(url: string, { redirectUrl }: { redirectUrl?: string } = {}): Promise<void> {
  const { href, protocol } = new URL(url);
  if (!/^https?:$/.test(protocol)) throw new HostError("refused", "A link must begin with https:// or http://.");
  const capability = redirectUrl === undefined ? "openLinks" : "no capability: only ChatGPT sends people back";
  await ask(capability, "ui/open-link", { url: href }, "openExternal", [{ href, ...(redirectUrl && { redirectUrl }) }]);
}

/** Ask for another display mode; the answer is the mode that it is now, which may be the old one. Throws HostError. */
export async function requestDisplayMode(mode: DisplayMode): Promise<DisplayMode> {
  const { displayModes } = current().host;
  if (!displayModes.includes(mode)) throw new HostError("unsupported", `This chat has no ${mode} mode.`);
  takeHost({}, { displayMode: (await ask("", "ui/request-display-mode", { mode }, "requestDisplayMode", [{ mode }])).mode });
  return current().host.displayMode;
}

/** Ask the host to take this widget away. */
export async function close(): Promise<void> {
  // MCP Apps has no word for whether a host listens to this, so ChatGPT's own method goes first.
  if (chatgpt().requestClose) await chatgpt().requestClose?.();
  else notify("ui/notifications/request-teardown", {});
}

/** What the model knows of this widget in its next turns, in place of what it was told before. Throws HostError. */
export async function updateModelContext({ text, data }: { text?: string; data?: Fields }): Promise<void> {
  const content = text === undefined ? {} : { content: [{ type: "text", text }] };
  const params = { ...content, ...(data && { structuredContent: data }) };
  const state = { modelContent: data ?? text ?? null, privateContent: current().kept };
  await ask("updateModelContext", "ui/update-model-context", params, "setWidgetState", [state]);
}

let told = "{}";

/** Keep the widget's state, where there is somebody to keep it, and tell the model what it may know of it. */
export function keep(state: unknown, forModel: Fields = {}): void {
  change({ kept: state });
  const news = JSON.stringify(forModel);
  if (chatgpt().setWidgetState) {
    chatgpt().setWidgetState?.({ modelContent: forModel, privateContent: state });
  } else if (news !== told && "updateModelContext" in current().host.capabilities) {
    told = news;
    // The person sees no less when the model knows less.
    request("ui/update-model-context", { structuredContent: forModel }).catch(() => {});
  }
}

/** Call the tool of this widget once more, for its output. Throws only while there is a result that stays shown. */
export async function repeat<N extends ToolName>(tool: N, args: ToolArguments<N>): Promise<void> {
  const shown = current().output.state === "ready";
  if (!shown) change({ output: { state: "pending" } });
  try {
    change({ output: { state: "ready", result: await callTool(tool, args) } });
  } catch (error) {
    if (shown) throw error;
    change({ output: { state: "failed", error: error as HostError } });
  }
}

type Method = { [K in keyof ChatGPT]-?: NonNullable<ChatGPT[K]> extends (...args: never[]) => unknown ? K : never }[keyof ChatGPT];

/** Over MCP Apps, unless only `fallback` of window.openai can do it. A host that lists no capability is simply asked. */
async function ask(
  capability: string,
  method: string,
  params: Fields,
  fallback: Method,
  args: unknown[],
  seconds = SECONDS,
): Promise<Fields> {
  const { bridges, capabilities } = current().host;
  const openai = chatgpt()[fallback] as ((...args: unknown[]) => Promise<unknown>) | undefined;
  const useApps = !openai || (bridges.apps && (capability === "" || capability in capabilities));
  const answer = useApps
    ? await request(method, params, seconds)
    : fieldsOf(await within(seconds, refusable(() => openai.apply(chatgpt(), args))));
  if (answer.isError === true && method.startsWith("ui/")) throw new HostError("refused", "The chat refused this.");
  return answer;
}

async function refusable<T>(begin: () => Promise<T>): Promise<T> {
  try {
    return await begin();
  } catch (error) {
    throw new HostError("refused", error instanceof Error ? error.message : String(error));
  }
}
