// One moment of a widget: what it is told, and where it is shown. It can be saved as a simulation and read from one.

import { PROFILES, STYLE_VARIABLES, type DisplayMode, type ProfileName } from "./profiles";
import { fieldsOf, isFields, type Fields } from "./values";

export const STATES = {
  result: "Result",
  pending: "Waiting for input",
  streaming: "Input streams in",
  slow: "Slow result",
  cancelled: "Cancelled",
  failed: "Failed",
  reloaded: "Reloaded, no result",
} as const;

export type State = keyof typeof STATES;
export type Device = "desktop" | "phone";
export type Edges = Record<"top" | "right" | "bottom" | "left", number>;

export interface HostState {
  profile: ProfileName;
  device: Device;
  theme: "light" | "dark";
  locale: string;
  displayMode: DisplayMode;
  width: number;
  height: number;
  safeArea: Edges;
  /** Laid over the host context, key by key. */
  context: Fields;
}

export interface Moment {
  tool: string;
  title: string;
  state: State;
  input: Fields;
  /** null: the tool is called for real. */
  output: Fields | null;
  text: string;
  meta: Fields;
  widgetState: unknown;
  host: HostState;
  /** Whole results of tools/call, by tool, in place of real calls. */
  answers: Record<string, Fields>;
}

const NO_EDGES: Edges = { top: 0, right: 0, bottom: 0, left: 0 };
export const DEVICES: Record<Device, Pick<HostState, "device" | "width" | "safeArea">> = {
  desktop: { device: "desktop", width: 768, safeArea: NO_EDGES },
  phone: { device: "phone", width: 390, safeArea: { ...NO_EDGES, bottom: 34 } },
};
/** Pixels that a display mode begins with. */
export const HEIGHTS: Record<DisplayMode, Record<Device, number>> = {
  inline: { desktop: 400, phone: 400 },
  fullscreen: { desktop: 720, phone: 720 },
  pip: { desktop: 300, phone: 300 },
};
const WIDEST_PIP = 400;

export function newMoment(tool: string): Moment {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  return {
    tool,
    title: "",
    state: "result",
    input: {},
    output: null,
    text: "",
    meta: {},
    widgetState: null,
    host: {
      profile: "chatgpt",
      theme: dark ? "dark" : "light",
      locale: "en-US",
      displayMode: "inline",
      height: HEIGHTS.inline.desktop,
      context: {},
      ...DEVICES.desktop,
    },
    answers: {},
  };
}

/** A saved simulation, which the server has checked; what it does not say is as in a new moment. */
export function momentOf(simulation: Fields): Moment {
  const host = Object.fromEntries(Object.entries(fieldsOf(simulation.host)).filter(([, value]) => value !== null));
  const before = newMoment(String(simulation.tool));
  return { ...before, ...simulation, host: { ...before.host, ...measuresOf(host), ...host } } as Moment;
}

/** What a device and a display mode bring along, as their buttons do. */
function measuresOf({ device, displayMode }: { device?: unknown; displayMode?: unknown }) {
  const chosen = device === "phone" ? "phone" : "desktop";
  const mode = displayMode === "fullscreen" || displayMode === "pip" ? displayMode : "inline";
  return { ...DEVICES[chosen], height: HEIGHTS[mode][chosen] };
}

/** The moment as a simulation to be saved: what is as its device and display mode bring it along is not written down. */
export function simulationOf(moment: Moment): object {
  const { width, height, safeArea, ...host } = moment.host;
  const usual = measuresOf(host);
  const edges = Object.keys(NO_EDGES) as (keyof Edges)[];
  const hasEdges = edges.some((edge) => safeArea[edge] !== usual.safeArea[edge]);
  const own = { ...(width !== usual.width && { width }), ...(height !== usual.height && { height }) };
  return { ...moment, host: { ...host, ...own, ...(hasEdges && { safeArea }) } };
}

/** What the model reads of a result. */
export const textOfResult = ({ text, output }: Pick<Moment, "text" | "output">): string => text || JSON.stringify(output ?? {});

/** The result that the moment holds, as tools/call would give it. */
export function resultOf({ state, output, text, meta }: Moment): Fields {
  if (state === "failed") {
    const words = text || "The tool failed.";
    return { content: [{ type: "text", text: words }], isError: true, _meta: meta };
  }
  const content = [{ type: "text", text: textOfResult({ text, output }) }];
  return { content, structuredContent: output ?? {}, isError: false, _meta: meta };
}

/** The most that the widget gets, in pixels. */
export function sizeOf({ displayMode, width, height }: HostState): { width: number; height: number } {
  return { width: displayMode === "pip" ? Math.min(width, WIDEST_PIP) : width, height };
}

/** MCP Apps' HostContext. */
export function contextOf({ host }: Moment, tool: Fields | undefined): Fields {
  const { profile, device, theme, locale, displayMode, safeArea, context } = host;
  const { width, height } = sizeOf(host);
  const phone = device === "phone";
  return {
    ...(tool && { toolInfo: { id: 1, tool } }),
    theme,
    styles: { variables: STYLE_VARIABLES },
    displayMode,
    availableDisplayModes: PROFILES[profile].displayModes,
    containerDimensions: displayMode === "inline" ? { height, maxWidth: width } : { width, height },
    locale,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    userAgent: `${PROFILES[profile].hostInfo.name}/${PROFILES[profile].hostInfo.version}`,
    platform: phone ? "mobile" : "web",
    deviceCapabilities: { touch: phone, hover: !phone },
    safeAreaInsets: safeArea,
    ...context,
  };
}

/** What window.openai says of the host. `context` in the moment changes it in its own words as well. */
export function globalsOf(moment: Moment): Fields {
  const context = contextOf(moment, undefined);
  const { height, maxHeight } = fieldsOf(context.containerDimensions);
  const capabilities = fieldsOf(context.deviceCapabilities);
  return {
    theme: context.theme,
    locale: context.locale,
    displayMode: context.displayMode,
    maxHeight: maxHeight ?? height,
    safeArea: { insets: context.safeAreaInsets },
    view: { mode: "inline", params: null },
    userAgent: {
      device: { type: context.platform === "mobile" ? "mobile" : "desktop" },
      capabilities: { hover: capabilities.hover, touch: capabilities.touch },
    },
  };
}

/** What window.openai says of the call, once there is a result. The result's _meta is inside the envelope. */
export function outputGlobals(result: Fields): Fields {
  const envelope = { status: result.isError === true ? "error" : "complete", call_tool_result: result, mcp_tool_result: result };
  const output = isFields(result.structuredContent) ? result.structuredContent : null;
  return { toolOutput: output, toolResponseMetadata: envelope };
}

/** The keys of `after` whose values are others than in `before`; a key that has gone is undefined there. */
export function changedIn(before: Fields, after: Fields): Fields {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const changed = keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]));
  return Object.fromEntries(changed.map((key) => [key, after[key]]));
}

/** The input as a model writes it: a growing part of its JSON, with the last text cut off in the middle. */
export function* streamed(input: Fields): Generator<Fields> {
  const done: Fields = {};
  for (const [key, value] of Object.entries(input)) {
    if (typeof value === "string" && value.length > 1) yield { ...done, [key]: value.slice(0, Math.ceil(value.length / 2)) };
    done[key] = value;
    yield { ...done };
  }
}
