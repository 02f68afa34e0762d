// The tokens of one sign-in as the server takes them, and what is written in an app token. Verifies nothing.

import type { AuthenticatedUser } from "@privy-io/api-types/resources/users";

export interface Tokens {
  token: string;
  identity_token?: string;
  refresh_token?: string;
  privy_access_token?: string;
}

type Answer = Omit<AuthenticatedUser, "session_update_action">;

/** What the server gets; with `all`, also what it needs to keep the session in place of the browser. */
export function tokensOf(answer: Answer, { all }: { all: boolean }): Tokens | null {
  const { token, identity_token, refresh_token, privy_access_token } = answer;
  if (token === null) return null;
  return {
    token,
    ...(identity_token ? { identity_token } : {}),
    ...(all && refresh_token ? { refresh_token } : {}),
    ...(all && privy_access_token ? { privy_access_token } : {}),
  };
}

interface Claims {
  aud?: unknown;
  exp?: unknown;
  iat?: unknown;
}

export function claimsOf(token: string): Claims {
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(atob(payload)) as Claims;
  } catch {
    return {};
  }
}
