// Where the Privy SDK keeps what it must remember: the session for this browser, a redirect's secrets for this tab.

import type { Storage as PrivyStorage } from "@privy-io/js-sdk-core";

/** Of one tab: two tabs that sign in at once must not take each other's. */
export const VERIFIER_KEY = "privy:code_verifier";
export const STATE_KEY = "privy:state_code";
const PREFIX = "privy:";
const REQUEST_KEY = "homeport.request";
const REQUEST_PATH = /^\/authorize\/request\/[\w-]+$/;

export interface Keeping {
  storage: PrivyStorage;
  /** Whether the tab can remember something over a redirect. */
  redirects: boolean;
  /** Whether the browser refused to keep the session, so that it lives as long as this page. */
  refused: boolean;
  /** Drop the session here, whatever Privy thinks of it. */
  forget(): void;
}

export function keeping({ session }: { session: boolean }): Keeping {
  const local = usable(() => window.localStorage);
  const tab = usable(() => window.sessionStorage);
  const memory = new Map<string, string>();
  if (!session && local !== null) forgetSession(local);
  const lasting: Shelf = session && local !== null ? shelf(local) : memoryShelf(memory);
  const passing: Shelf = tab !== null ? shelf(tab) : memoryShelf(memory);
  const of = (key: string) => (key === VERIFIER_KEY || key === STATE_KEY ? passing : lasting);
  return {
    redirects: tab !== null,
    refused: session && local === null,
    forget() {
      memory.clear();
      if (local !== null) forgetSession(local);
    },
    storage: {
      get: (key) => parsed(of(key), key),
      put: (key, value) => (value === undefined ? of(key).del(key) : of(key).put(key, JSON.stringify(value))),
      del: (key) => of(key).del(key),
      getKeys: () => [...new Set([...lasting.keys(), ...passing.keys()])],
    },
  };
}

/** What the page remembers about its request while the person is at an OAuth provider. */
export const rememberedRequest = {
  put: (request: string) => usable(() => window.sessionStorage)?.setItem(REQUEST_KEY, request),
  get(): string | null {
    const found = usable(() => window.sessionStorage)?.getItem(REQUEST_KEY) ?? "";
    return REQUEST_PATH.test(found) ? found : null;
  },
};

interface Shelf {
  get(key: string): string | null;
  put(key: string, value: string): void;
  del(key: string): void;
  keys(): string[];
}

function shelf(storage: Storage): Shelf {
  return {
    get: (key) => storage.getItem(key),
    put: (key, value) => storage.setItem(key, value),
    del: (key) => storage.removeItem(key),
    keys: () => Object.keys(storage),
  };
}

function memoryShelf(memory: Map<string, string>): Shelf {
  return {
    get: (key) => memory.get(key) ?? null,
    put: (key, value) => void memory.set(key, value),
    del: (key) => void memory.delete(key),
    keys: () => [...memory.keys()],
  };
}

/** A broken value counts as none: it would end every later visit as well. */
function parsed(from: Shelf, key: string): unknown {
  const found = from.get(key);
  if (found === null) return undefined;
  try {
    return JSON.parse(found);
  } catch {
    from.del(key);
    return undefined;
  }
}

/** The storage if it takes something: a browser may refuse it, or offer it and then throw at every use. */
function usable(storage: () => Storage): Storage | null {
  try {
    const found = storage();
    found.setItem("homeport.probe", "1");
    found.removeItem("homeport.probe");
    return found;
  } catch {
    return null;
  }
}

function forgetSession(local: Storage): void {
  for (const key of Object.keys(local)) if (key.startsWith(PREFIX)) local.removeItem(key);
}
