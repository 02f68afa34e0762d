// Hands the tokens to Homeport, and says where the person goes next or what Homeport has against it.

import { homeportAhead, homeportUnreachable, Troubled, type Trouble } from "./errors";
import { claimsOf, type Tokens } from "./tokens";

const SKEW_WORTH_SAYING_SECONDS = 60;

/** The path to go on to. Raises Troubled, with the server's own words where it has some. */
export async function handOver(request: string, tokens: Tokens): Promise<string> {
  const answer = await fetch(`${request}/privy`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: JSON.stringify(tokens),
    redirect: "error",
  }).catch(() => null);
  const said = (await answer?.json().catch(() => null)) as Partial<Record<string, unknown>> | null | undefined;
  if (answer == null || said == null) throw new Troubled(homeportUnreachable());
  const { next, code, message, hint } = said;
  if (answer.ok && typeof next === "string" && next.startsWith("/authorize/")) return next;
  if (typeof code !== "string" || typeof message !== "string") throw new Troubled(homeportUnreachable());
  if (code === "token_expired" && isFresh(tokens)) throw new Troubled(homeportAhead());
  const todo = typeof hint === "string" ? hint : "";
  throw new Troubled({ code, what: message, todo: code === "clock_wrong" ? `${todo} ${clock(tokens)}`.trim() : todo });
}

/** Whether the token counts for a while yet by this device's clock. */
function isFresh({ token }: Tokens): boolean {
  const { exp } = claimsOf(token);
  return typeof exp === "number" && exp > Date.now() / 1000 + SKEW_WORTH_SAYING_SECONDS;
}

/** Whose clock it is, as far as this device can tell: Privy has just written its own time into the token. */
function clock({ token }: Tokens): string {
  const { iat } = claimsOf(token);
  const ahead = typeof iat === "number" ? Date.now() / 1000 - iat : 0;
  if (ahead > -SKEW_WORTH_SAYING_SECONDS) return "";
  return `The clock of this device is slow as well: it shows ${new Date().toLocaleString()}.`;
}

// What another account gets around, and what no account does; after anything else the same tokens may count later.
const ABOUT_THE_ACCOUNT = ["token_refused", "token_expired", "not_admitted", "blocked"];
const ABOUT_THE_REQUEST = ["request_over", "not_your_browser"];

/** What can be done about something that Homeport said. */
export function remedyFor({ code }: Trouble): "nothing" | "anew" | "repeat" {
  if (ABOUT_THE_REQUEST.includes(code)) return "nothing";
  return ABOUT_THE_ACCOUNT.includes(code) ? "anew" : "repeat";
}
