// The kit without its components and hooks: for a widget in plain HTML, and for one with another framework.

export { callTool, close, openLink, requestDisplayMode, sendMessage, updateModelContext } from "./actions";
export { notify, request } from "./connection";
export type { DisplayMode, Host, Size } from "./host";
export { HostError } from "./messages";
export { chatgpt, type ChatGPT } from "./openai";
export { host, toolInput, toolMeta, toolOutput, widgetState, type SetState, type ToolInput, type ToolOutput } from "./reading";
export { subscribe } from "./store";
export { ToolError, type ToolArguments, type ToolData, type ToolMeta, type ToolName, type ToolResult } from "./tools";
