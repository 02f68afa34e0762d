// The connection of this document to its host: MCP Apps (`ui/*` over postMessage), window.openai, or both. What comes in
// goes to the store; what a widget may ask for is in actions.ts.
// https://github.com/modelcontextprotocol/ext-apps/blob/main/specification/2026-01-26/apps.mdx

import { contextOfOpenai, DISPLAY_MODES, dress, type Host } from "./host";
import { fieldsOf, HostError, isFields, openWire, within, type Fields } from "./messages";
import { chatgpt } from "./openai";
import { reportHeight } from "./size";
import { change, current, takeCancellation, takeHost, takeInput, takeResult, waitForResult } from "./store";

const PROTOCOL_VERSION = "2026-01-26";
const ABSENT_AFTER_SECONDS = 5;

const wire = openWire((method, params) => {
  switch (method) {
    case "ui/notifications/tool-input-partial":
      return void takeInput("streaming", params.arguments);
    case "ui/notifications/tool-input":
      return void takeInput("complete", params.arguments);
    case "ui/notifications/tool-result":
      return void takeResult(params);
    case "ui/notifications/tool-cancelled":
      return void takeCancellation(params.reason);
    case "ui/notifications/host-context-changed":
      return void takeContext({}, params);
    case "ping":
    case "ui/resource-teardown":
      return {};
  }
  return undefined;
});

const measure = reportHeight((height) => {
  const { bridges, displayMode } = current().host;
  if (displayMode === "fullscreen") return false;
  if (bridges.apps) wire.notify("ui/notifications/size-changed", { height });
  else chatgpt().notifyIntrinsicHeight?.(height);
  return bridges.apps || bridges.openai;
});

let told = "";
dress(current().host, {});
readOpenai();
addEventListener("openai:set_globals", readOpenai);
const connected = initialize();
// Whoever asks for something gets the error; a widget that asks for nothing needs none.
connected.catch(() => {});
waitForResult();

/** Ask over MCP Apps as soon as the host has answered. Throws HostError. */
export async function request(method: string, params: Fields, seconds = 30): Promise<Fields> {
  if (!current().host.bridges.apps) await connected;
  return within(seconds, wire.request(method, params));
}

/** Tell over MCP Apps, if that is there. */
export function notify(method: string, params: Fields): void {
  if (current().host.bridges.apps) wire.notify(method, params);
}

async function initialize(): Promise<void> {
  try {
    await within(ABSENT_AFTER_SECONDS, handshake());
  } catch {
    if (!current().host.bridges.openai) takeHost({ connection: "absent" });
    throw new HostError("absent", "There is no chat here that answers.");
  }
}

/** However late the host answers, from then on it is there. */
async function handshake(): Promise<void> {
  // In a window of its own the document would only talk to itself.
  if (parent === window) return Promise.reject();
  const answer = await wire.request("ui/initialize", {
    appInfo: { name: document.title || "widget", version: "1" },
    appCapabilities: { availableDisplayModes: DISPLAY_MODES },
    protocolVersion: PROTOCOL_VERSION,
  });
  const { name } = fieldsOf(answer.hostInfo);
  const known = {
    connection: "connected",
    name: String(name ?? ""),
    bridges: { ...current().host.bridges, apps: true },
    capabilities: fieldsOf(answer.hostCapabilities),
  } as const;
  // First: whoever hears of the connection may act at once, and a host takes nothing before this.
  wire.notify("ui/notifications/initialized", {});
  takeContext(known, fieldsOf(answer.hostContext));
  measure();
}

function takeContext(known: Partial<Host>, context: Fields): void {
  takeHost({ ...known, context: { ...current().host.context, ...context } }, context);
}

function readOpenai(): void {
  const { openai } = window;
  if (!isFields(openai)) return;
  const { toolInput, toolOutput, toolResponseMetadata, widgetState, requestDisplayMode } = openai;
  const { name, bridges } = current().host;
  const known = { connection: "connected", name: name || "chatgpt", bridges: { ...bridges, openai: true } } as const;
  // Over MCP Apps the host lists its display modes itself.
  const availableDisplayModes = !bridges.apps && requestDisplayMode && DISPLAY_MODES;
  takeHost(known, { ...contextOfOpenai(openai), availableDisplayModes });
  if (isFields(widgetState)) change({ kept: "privateContent" in widgetState ? widgetState.privateContent : widgetState });
  if (isFields(toolInput) && current().input.state !== "complete") takeInput("complete", toolInput);
  // The same result is no news: one that came later by another way would be lost.
  const news = JSON.stringify([toolOutput, toolResponseMetadata]);
  if (news === told) return;
  told = news;
  // The _meta of the result is inside an envelope of ChatGPT's own.
  const envelope = fieldsOf(toolResponseMetadata);
  const inside = [envelope.mcp_tool_result, envelope.call_tool_result].find(isFields);
  const data = isFields(toolOutput) ? toolOutput : inside?.structuredContent;
  if (data || inside) takeResult({ _meta: envelope, ...inside, structuredContent: data });
}
