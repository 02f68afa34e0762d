// What the server says to the page: the data-config of its root element.

export interface PageConfig {
  appId: string;
  clientId: string | null;
  /** Path of the authorization request; null on the page that OAuth providers return to. */
  request: string | null;
  /** The app that asks, such as ChatGPT: only for the eye. */
  client: string;
  origin: string;
  /** Whether the person stays signed in to Privy in this browser; if not, the server keeps the session instead. */
  keepSession: boolean;
  /** Whether the person asked for another account. */
  switching: boolean;
}

interface Said {
  app_id: string;
  client_id: string | null;
  request: string | null;
  client: string;
  origin: string;
  keep_session: boolean;
  switching: boolean;
}

export function readConfig(root: HTMLElement): PageConfig {
  const said = JSON.parse(root.dataset["config"] ?? "null") as Said | null;
  if (said === null) throw new Error("The page has no data-config.");
  return {
    appId: said.app_id,
    clientId: said.client_id,
    request: said.request,
    client: said.client,
    origin: said.origin,
    keepSession: said.keep_session,
    switching: said.switching,
  };
}
