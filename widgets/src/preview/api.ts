// What the page asks of the control listener. The session is the dashboard's.

import { asOwner, SESSION } from "../dashboard/api";
import type { Finding } from "./notes";
import { fieldsOf, type Fields } from "./values";

export { NoSession, openSession } from "../dashboard/api";

const TOOL_PATIENCE_MS = 120_000;
const AGAIN_MS = 1_000;

export interface Problem {
  kind: string;
  file: string;
  line: number;
  column: number;
  message: string;
}

export interface SignIn {
  grant_id: string;
  client: string;
  scopes: string[];
  path: string;
}

export interface Actor {
  id: string;
  name: string;
  provider: string;
  sign_ins: SignIn[];
}

export interface App {
  path: string;
  name: string;
  tools: Fields[];
  findings: Finding[];
  problems: Problem[];
}

export interface Scene {
  apps: App[];
  actors: Actor[];
  simulations: string[];
  sign_in: string;
}

export interface ShownWidget {
  uri: string;
  html: string;
  meta: Fields;
  policy: string;
  /** Where its frame begins, on the sandbox's origin. */
  sandbox: string;
  redirects: string[];
  findings: Finding[];
}

export interface Called {
  result: Fields;
  milliseconds: number;
  bytes: number;
}

export interface Acting {
  path: string;
  who: string;
  grant: string;
  scopes: string[];
}

const post = (name: string, body: object, patience?: number) => asOwner("POST", `/api/preview/${name}`, body, patience);

export const scene = async () => (await asOwner("GET", "/api/preview/scene")) as Scene;

export const widget = async (asking: Acting, uri: string) => (await post("widget", { ...asking, uri })) as ShownWidget;

export const callTool = async (call: Acting & { tool: string; arguments: Fields; by: "chat" | "widget"; meta: Fields }) =>
  (await post("call", call, TOOL_PATIENCE_MS)) as Called;

export const relay = async (ask: Acting & { method: string; params: Fields }) => fieldsOf(await post("relay", ask));

export const load = async (name: string) => fieldsOf(await post("load", { name }));

export const save = async (name: string, simulation: object) => void (await post("save", { name, simulation }));

/** Hear of changes until `signal` says stop. `changed` gets each line; it is also called after every gap. */
export async function listen(changed: (line: Fields) => void, signal: AbortSignal): Promise<void> {
  let gap = false;
  while (!signal.aborted) {
    const session = localStorage.getItem(SESSION);
    // Homeport has stopped, or starts anew: the page asks again, and looks again once it is heard.
    if (session !== null) await hear(session, gap ? { kind: "app" } : null, changed, signal).catch(() => {});
    gap = true;
    await new Promise((again) => setTimeout(again, AGAIN_MS));
  }
}

async function hear(session: string, first: Fields | null, changed: (line: Fields) => void, signal: AbortSignal): Promise<void> {
  const headers = { Authorization: `Bearer ${session}` };
  const response = await fetch("/api/preview/changes", { headers, cache: "no-store", credentials: "omit", signal });
  if (!response.ok || !response.body) return;
  if (first) changed(first);
  let rest = "";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (rest + part.value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) changed(fieldsOf(JSON.parse(line)));
  }
}
