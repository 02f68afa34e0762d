// What an OAuth provider sent the browser back with, taken out of the address at once.

export interface Return {
  code: string;
  state: string;
  provider: string;
  /** Whether the person, or the provider, said no: Privy then sends a word in place of a code. */
  denied: boolean;
}

/** The answer in the address, or null; afterwards the address has none, nor has the history. */
export function takeReturn(): Return | null {
  const query = new URLSearchParams(location.search);
  if (location.search !== "" || location.hash !== "") history.replaceState(null, "", location.pathname);
  const code = query.get("privy_oauth_code");
  if (code === null) return null;
  return {
    code,
    state: query.get("privy_oauth_state") ?? "",
    provider: query.get("privy_oauth_provider") ?? "",
    denied: ["", "error", "undefined", "null"].includes(code),
  };
}
