// What is known of the host, and how the document follows it: language, colours, safe area. Foreign values are checked
// one by one here; for one that makes no sense the last good one stays.

import { fieldsOf, isFields, type Fields } from "./messages";

export type DisplayMode = "inline" | "fullscreen" | "pip";

/** Pixels. A fixed measure is `width` or `height`; otherwise the widget grows up to the most, or without limit. */
export type Size = Partial<Record<"width" | "maxWidth" | "height" | "maxHeight", number>>;

export interface Host {
  /** "absent": nobody has answered; a host that is only slow turns it into "connected" whenever it does. */
  connection: "connecting" | "connected" | "absent";
  /** As the host calls itself, such as "chatgpt"; empty before it has said so. */
  name: string;
  /** Which ways to the host there are. ChatGPT has both. */
  bridges: { apps: boolean; openai: boolean };
  /** MCP Apps' hostCapabilities, as they came. */
  capabilities: Fields;
  /** MCP Apps' HostContext as it came: timeZone, platform, toolInfo and more, unchecked. */
  context: Fields;
  theme: "light" | "dark";
  /** BCP 47. */
  locale: string;
  displayMode: DisplayMode;
  displayModes: readonly DisplayMode[];
  /** Pixels that something of the host's may cover. */
  safeArea: Record<"top" | "right" | "bottom" | "left", number>;
  size: Size;
}

export const DISPLAY_MODES = ["inline", "fullscreen", "pip"] as const;
const isMode = (value: unknown): value is DisplayMode => DISPLAY_MODES.includes(value as DisplayMode);
const isMeasure = (value: unknown): value is number => typeof value === "number" && value >= 0 && value < Infinity;

const measures = (value: unknown): Record<string, number> =>
  Object.fromEntries(Object.entries(fieldsOf(value)).filter((pair): pair is [string, number] => isMeasure(pair[1])));

export const unknownHost = (): Host => ({
  connection: "connecting",
  name: "",
  bridges: { apps: false, openai: false },
  capabilities: {},
  context: {},
  theme: matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light",
  locale: navigator.language,
  displayMode: "inline",
  displayModes: ["inline"],
  safeArea: { top: 0, right: 0, bottom: 0, left: 0 },
  size: {},
});

/** The host after `context`: MCP Apps' HostContext, whole or in part. */
export function withContext(host: Host, context: Fields): Host {
  const { theme, locale, displayMode, availableDisplayModes, containerDimensions, safeAreaInsets } = context;
  return {
    ...host,
    ...((theme === "light" || theme === "dark") && { theme }),
    ...(isLocale(locale) && { locale }),
    ...(isMode(displayMode) && { displayMode }),
    ...(Array.isArray(availableDisplayModes) && { displayModes: availableDisplayModes.filter(isMode) }),
    ...(isFields(containerDimensions) && { size: measures(containerDimensions) }),
    safeArea: { ...host.safeArea, ...measures(safeAreaInsets) },
  };
}

/** What window.openai says, in the words of MCP Apps. */
export function contextOfOpenai({ theme, locale, displayMode, maxHeight, safeArea }: Fields): Fields {
  const containerDimensions = isMeasure(maxHeight) && { maxHeight };
  return { theme, locale, displayMode, containerDimensions, safeAreaInsets: fieldsOf(safeArea).insets };
}

function isLocale(value: unknown): value is string {
  try {
    return new Intl.Locale(value as string).language !== "";
  } catch {
    return false;
  }
}

/** Let the document follow the host. `context` is what came last: style variables are in nothing else. */
export function dress(host: Host, context: Fields): void {
  const root = document.documentElement;
  root.lang = host.locale;
  root.dataset.displayMode = host.displayMode;
  // Until the host has a theme, the stylesheet follows the system.
  if (context.theme) root.style.colorScheme = host.theme;
  const edges = Object.entries(host.safeArea).map(([edge, pixels]) => [`--safe-area-${edge}`, `${pixels}px`]);
  // styles.css.fonts is left alone: fonts would have to be fetched, and no content policy of ours allows a fetch.
  for (const [name, value] of [...edges, ...Object.entries(fieldsOf(fieldsOf(context.styles).variables))]) {
    // setProperty takes one value of one property; whatever else is in there, it refuses.
    root.style.setProperty(`--${String(name).slice(2)}`, String(value));
  }
}
