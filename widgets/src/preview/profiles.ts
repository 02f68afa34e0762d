// The hosts that can be played, as data: what each has, and so what each lacks.

import tokens from "../kit/tokens.css?raw";
import data from "./profiles.json";

export type ProfileName = keyof typeof data;
export type DisplayMode = "inline" | "fullscreen" | "pip";

export interface Profile {
  label: string;
  hostInfo: { name: string; version: string };
  hostCapabilities: Record<string, object>;
  displayModes: DisplayMode[];
  /** Whether ui/notifications/request-teardown is heeded. */
  requestTeardown: boolean;
  /** Permission of MCP Apps to feature of the browser, for those that are ever given. */
  permissions: Record<string, string>;
  sandbox: string;
  /** The methods of window.openai; none: there is no window.openai. */
  openai: string[];
}

export const PROFILES = data as unknown as Record<ProfileName, Profile>;

/** A value for each style variable of MCP Apps, light and dark in one. */
export const STYLE_VARIABLES: Record<string, string> = Object.fromEntries(
  [...tokens.matchAll(/(--(?:color|font|border|shadow)-[\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name, value]),
);
