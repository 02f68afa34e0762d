// Times, sizes and numbers as people read them.

import type { Status } from "../types";

const UNITS: [seconds: number, name: string][] = [
  [86_400, "days"],
  [3_600, "h"],
  [60, "min"],
];

/** `7 s`, `12 min`, `3 h`, `2 days`. */
export function duration(seconds: number): string {
  for (const [size, name] of UNITS) if (seconds >= 2 * size) return `${Math.floor(seconds / size)} ${name}`;
  return `${Math.max(0, Math.floor(seconds))} s`;
}

/** A time in seconds since the epoch as how long ago that is; 0 means never. */
export function since(at: number): string {
  if (at === 0) return "never";
  const seconds = Date.now() / 1000 - at;
  return seconds < 5 ? "just now" : `${duration(seconds)} ago`;
}

export const moment = (at: number) =>
  new Date(at * 1000).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

export const clock = (at: number) => new Date(at * 1000).toLocaleTimeString(undefined, { hour12: false });

export const count = (number: number, one: string, many = `${one}s`) => `${number.toLocaleString()} ${number === 1 ? one : many}`;

export function bytes(size: number): string {
  if (size < 1_000) return `${size} B`;
  if (size < 1_000_000) return `${Math.round(size / 1_000)} kB`;
  if (size < 1_000_000_000) return `${(size / 1_000_000).toFixed(1)} MB`;
  return `${(size / 1_000_000_000).toFixed(2)} GB`;
}

const SCOPES: Record<string, string> = { write: "change things", offline_access: "stay signed in" };

/** `read, change things, stay signed in`; a scope of an app's own stays as it is. */
export const scopesInWords = (scopes: readonly string[]) => scopes.map((scope) => SCOPES[scope] ?? scope).join(", ");

export const EFFECTS: Record<string, string> = { read: "reads", write: "changes", destroy: "deletes" };

/** What becomes of the people who are signed in when the tunnel ends. */
export const whoStays = ({ tunnel_state: { stable, state, public_url } }: Status) =>
  stable || state === "off" || public_url === ""
    ? "Nobody is signed out."
    : "The address is for this run only: everybody must sign in again, and ChatGPT needs the next one.";
