// Speaks to the control listener. Knows the session token and its place in localStorage, and nothing of the page.

export const SESSION = "homeport.session";
const PATIENCE_MS = 10_000;

/** There is no session, or Homeport was started anew since: `homeport open` makes a new one. */
export class NoSession extends Error {}

/** Homeport answered with an error that a person can read, or did not answer at all (`code` is empty then). */
export class NoAnswer extends Error {
  constructor(
    message: string,
    readonly code = "",
  ) {
    super(message);
  }
}

/** Trades the one-use code that `homeport open` puts into the URL fragment; the code never stays in the address bar. */
export async function openSession(): Promise<void> {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const code = fragment.get("code");
  if (code === null) return;
  fragment.delete("code");
  history.replaceState(null, "", location.pathname + location.search + (fragment.size > 0 ? `#${fragment}` : ""));
  const answer = await ask("POST", "/api/session", { code }, null);
  const token = field(answer, "token");
  if (typeof token !== "string") throw new NoAnswer("Homeport opened no session. Is this page from an older version?");
  localStorage.setItem(SESSION, token);
}

/** Ask with this browser's session. Throws NoSession and NoAnswer. */
export async function asOwner(method: string, path: string, body?: object, patience = PATIENCE_MS): Promise<unknown> {
  const token = localStorage.getItem(SESSION);
  if (token === null) throw new NoSession();
  try {
    return await ask(method, path, body, token, patience);
  } catch (error) {
    // A newer tab may have stored a newer session meanwhile: only the refused token goes.
    if (error instanceof NoSession && localStorage.getItem(SESSION) === token) localStorage.removeItem(SESSION);
    throw error;
  }
}

async function ask(
  method: string,
  path: string,
  body: object | undefined,
  token: string | null,
  patience = PATIENCE_MS,
): Promise<unknown> {
  const headers = new Headers({ Accept: "application/json" });
  if (token !== null) headers.set("Authorization", `Bearer ${token}`);
  if (body !== undefined) headers.set("Content-Type", "application/json");
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      signal: AbortSignal.timeout(patience),
    });
    answer = await response.json().catch(() => null);
  } catch {
    throw new NoAnswer("Homeport does not answer. It has stopped, or is busy; this page tries again by itself.");
  }
  if (response.status === 401) throw new NoSession();
  if (!response.ok) {
    const [message, hint, code] = ["message", "hint", "code"].map((name) => wordsOf(field(answer, name)));
    const said = [message, hint].filter((part) => part !== "").join(" ");
    throw new NoAnswer(said || `Homeport answered with ${response.status}.`, code);
  }
  return answer;
}

function field(answer: unknown, name: string): unknown {
  return typeof answer === "object" && answer !== null ? (answer as Record<string, unknown>)[name] : undefined;
}

const wordsOf = (value: unknown) => (typeof value === "string" ? value : "");

export const textOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
