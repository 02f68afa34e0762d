// Everything that can keep a person from signing in: what happened, and what to do. Shows nothing, decides nothing.
//
//   Trouble
//   ├─ of the page       insecure_context, storage_refused, policy_blocked, request_lost, no_methods
//   ├─ of the Privy app  origin_refused, app_unknown, client_unknown, cookie_mode, method_disabled, privy_unreachable,
//   │                    privy_failed, too_many_tries
//   ├─ of the person     code_wrong, allowlist, sign_up_closed, plus_address, address_invalid, phone_invalid,
//   │                    account_suspended
//   ├─ of a redirect     denied, redirect_mismatch
//   ├─ of a captcha      captcha_refused, captcha_unloaded, captcha_blocked
//   ├─ of a wallet       no_wallet, wallet_refused, wallet_busy, wallet_failed, signature_refused
//   ├─ of a passkey      passkey_refused, passkey_unknown, passkey_elsewhere
//   └─ of Homeport       unreachable, clock_wrong, and what its JSON errors say

import { PrivyApiError, PrivyClientError } from "@privy-io/js-sdk-core";
import type { Impossible } from "./methods";

export interface Trouble {
  code: string;
  /** What happened, to what. */
  what: string;
  /** What to do next. */
  todo: string;
  /** Something to paste elsewhere. */
  copy?: string;
}

/** A trouble on its way to the page. */
export class Troubled extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble.what);
  }
}

const DASHBOARD = "dashboard.privy.io";

export const insecureContext = (): Trouble => ({
  code: "insecure_context",
  what: "This page was opened without encryption, and browsers allow no sign-in there.",
  todo: "Open it through the https address of Homeport, or on the computer itself through http://localhost.",
});

export const requestLost = (): Trouble => ({
  code: "request_lost",
  what: "This tab does not know which request you are signing in for.",
  todo:
    "Close it and begin again from the app that you wanted to connect. This happens when the way back from the other " +
    "sign-in opens in another browser, window or app than it began in.",
});

export const storageRefused = (): Trouble => ({
  code: "storage_refused",
  what: "This browser does not let the page remember anything, as in some private windows.",
  todo: "You can sign in, but only by ways that stay on this page, and you will be asked again next time.",
});

const policyBlocked = (blocked: string): Trouble => ({
  code: "policy_blocked",
  what: `Homeport’s own content policy kept this page from reaching ${blocked}.`,
  todo: "Homeport or a browser extension that changes pages is at fault. Try without extensions, then report it.",
});

export const originRefused = (origin: string): Trouble => ({
  code: "origin_refused",
  what: "The Privy app does not accept sign-ins from this address:",
  copy: origin,
  todo:
    `The owner of the Privy app adds exactly this at ${DASHBOARD} under Configuration > App settings > Domains > ` +
    "Allowed origins (with an app client: under Clients). If it is there already, the owner of Homeport compares " +
    "privy_app_id with the App ID.",
});

const privyUnreachable = (): Trouble => ({
  code: "privy_unreachable",
  what: "Privy, which checks who you are, does not answer.",
  todo:
    "Check that this device is online, that its clock is right and that no blocker stops auth.privy.io. Then try " +
    "again. status.privy.io says whether Privy is down.",
});

export const cookieMode = (origin: string): Trouble => ({
  code: "cookie_mode",
  what: "The Privy app keeps sessions in cookies of its own domain, which this address cannot use:",
  copy: origin,
  todo:
    `The owner of the Privy app makes an app client without cookies at ${DASHBOARD} under Configuration > App ` +
    "settings > Clients, allows this address for it, and gives its id to Homeport as privy_client_id.",
});

export const noMethods = (impossible: readonly Impossible[]): Trouble => ({
  code: "no_methods",
  what: ["The Privy app offers no way to sign in that works on this page.", ...impossible.map(sentence)].join(" "),
  todo: `The owner of the Privy app switches one on at ${DASHBOARD} under User management > Authentication.`,
});

const sentence = ({ label, reason }: Impossible) => `${label}: ${reason}.`;

export const denied = (provider: string): Trouble => ({
  code: "denied",
  what: `You did not sign in with ${provider}, or it refused.`,
  todo: "Try again, or choose another way below.",
});

export const noToken = (): Trouble => ({
  code: "privy_failed",
  what: "Privy signed you in but gave no token to prove it.",
  todo: "Try again. If it stays so, sign in another way.",
});

export const phoneInvalid = (): Trouble => ({
  code: "phone_invalid",
  what: "That is not a whole phone number.",
  todo: "Write it with the country code, such as +1 for the United States or +49 for Germany.",
});

export const noWallet = (): Trouble => ({
  code: "no_wallet",
  what: "There is no wallet in this browser.",
  todo: "Install a wallet extension, or begin in the browser inside your wallet’s app. Or choose another way.",
});

const captchaUnloaded = (): Trouble => ({
  code: "captcha_unloaded",
  what: "The check that you are a person could not be loaded.",
  todo: "A blocker or a network filter may stop challenges.cloudflare.com: allow it for this page, then try again.",
});

const captchaBlocked = (): Trouble => ({
  code: "captcha_blocked",
  what: "When this page was made, Homeport did not know yet that the Privy app checks that you are a person.",
  todo: "Load this page again. If that does not help, wait a minute and try once more.",
});

export const captchaRefused = (): Trouble => ({
  code: "captcha_refused",
  what: "The check that you are a person did not succeed.",
  todo: "Try again. If it keeps failing, use another browser or network.",
});

export const passkeyRefused = (): Trouble => ({
  code: "passkey_refused",
  what: "No passkey was used.",
  todo: "Try again and choose one that you made for this account, or sign in another way.",
});

export const passkeyElsewhere = (domain = "another site"): Trouble => ({
  code: "passkey_elsewhere",
  what: `The passkeys of this app are made for ${domain}, and browsers use them nowhere else.`,
  todo: "Sign in another way. If there is none here, ask the owner of the Privy app to switch one on.",
});

export const homeportUnreachable = (): Trouble => ({
  code: "unreachable",
  what: "Homeport does not answer, so you are not signed in yet.",
  todo: "Its computer may be asleep or offline. Try again in a moment.",
});

export const homeportAhead = (): Trouble => ({
  code: "clock_wrong",
  what: "Homeport takes this sign-in for an old one, but by the clock of this device it is fresh.",
  todo:
    "The clock of the computer that runs Homeport is ahead, or this device’s is slow: it shows " +
    `${new Date().toLocaleString()}. Set the wrong one, then try again.`,
});

// Privy's error codes that mean one thing whatever was tried: @privy-io/api-base, PrivyErrorCode.
const BY_CODE: Record<string, (origin: string) => Omit<Trouble, "code"> & { code?: string }> = {
  invalid_origin: originRefused,
  missing_origin: originRefused,
  missing_or_invalid_privy_app_id: () => ({
    code: "app_unknown",
    what: "Privy does not know the app id that Homeport uses.",
    todo: `The owner of Homeport compares privy_app_id with the App ID at ${DASHBOARD}: Configuration > App settings.`,
  }),
  missing_or_invalid_privy_client_id: () => ({
    code: "client_unknown",
    what: "Privy does not know the app client that Homeport uses, or it belongs to another app.",
    todo:
      `The owner of Homeport compares privy_client_id with the list at ${DASHBOARD} under Configuration > App ` +
      "settings > Clients.",
  }),
  disallowed_login_method: () => ({
    code: "method_disabled",
    what: "The Privy app does not allow this way to sign in.",
    todo: "Choose another way. The owner of the Privy app can switch it on under User management > Authentication.",
  }),
  allowlist_rejected: () => ({
    code: "allowlist",
    what: "This Privy app lets in only people on its list, and you are not on it.",
    todo: "Ask the owner of the app to add you, or use the account that is on the list.",
  }),
  signup_disabled: signUpClosed,
  user_does_not_exist: signUpClosed,
  disallowed_plus_email: () => ({
    code: "plus_address",
    what: "The Privy app accepts no e-mail address with a + in it.",
    todo: "Use the address without the part from + to @.",
  }),
  too_many_requests: () => ({
    code: "too_many_tries",
    what: "There were too many tries in a short time.",
    todo: "Wait a few minutes, then try again.",
  }),
  invalid_captcha: () => captchaRefused(),
  oauth_state_mismatch: redirectMismatch,
  invalid_pkce_parameters: redirectMismatch,
  pkce_state_code_mismatch: redirectMismatch,
  oauth_user_denied: () => ({
    code: "denied",
    what: "You did not allow it there.",
    todo: "Try again, or choose another way.",
  }),
  oauth_account_suspended: () => ({
    code: "account_suspended",
    what: "That account is suspended where it comes from.",
    todo: "Use another account, or another way to sign in.",
  }),
  passkey_not_registered: () => ({
    code: "passkey_unknown",
    what: "Privy does not know this passkey.",
    todo: "Use one that you made for this account, or sign in another way.",
  }),
  max_accounts_reached: () => ({
    code: "sign_up_closed",
    what: "The Privy app has as many accounts as its plan allows.",
    todo: "Ask the owner of the app, or use an account that exists.",
  }),
  storage_error: () => storageRefused(),
};

function signUpClosed(): Trouble {
  return {
    code: "sign_up_closed",
    what: "The Privy app takes no new accounts, and there is none for this sign-in.",
    todo: "Use an account that you have there already, or ask the owner of the app.",
  };
}

function redirectMismatch(): Trouble {
  return {
    code: "redirect_mismatch",
    what: "The answer does not belong to a sign-in that this tab began.",
    todo: "This happens after a reload, with two tabs, or when somebody sent you a link. Begin again below.",
  };
}

export type Doing = "setup" | "send-email" | "send-sms" | "code" | "redirect" | "wallet" | "passkey";

// What Privy means by a code that it uses for many things.
const BY_DOING: Partial<Record<Doing, Omit<Trouble, "code"> & { code: string }>> = {
  code: {
    code: "code_wrong",
    what: "That code is wrong or no longer good.",
    todo: "Type the newest code you got, or ask for a new one.",
  },
  "send-email": {
    code: "address_invalid",
    what: "Privy does not accept this e-mail address.",
    todo: "Check it for typing errors, or use another one.",
  },
  "send-sms": {
    code: "phone_invalid",
    what: "Privy does not accept this phone number.",
    todo: "Check it, with the country code in front, or use another way.",
  },
  redirect: redirectMismatch(),
  wallet: {
    code: "signature_refused",
    what: "Privy does not accept the wallet’s signature.",
    todo: "Check that this device’s clock is right and the wallet signs with the account it shows. Then try again.",
  },
  passkey: {
    code: "passkey_unknown",
    what: "Privy does not accept this passkey.",
    todo: "Use one that you made for this account, or sign in another way.",
  },
};
const ABOUT_INPUT = new Set(["invalid_credentials", "invalid_data", "invalid_request", "token_already_used"]);

interface Asking {
  origin: string;
  appId: string;
  clientId: string | null;
}

/** The trouble behind what was thrown while `doing`; asks the network where only it can tell one cause from another. */
export async function troubleOf(error: unknown, doing: Doing, at: Asking): Promise<Trouble> {
  if (error instanceof Troubled) return error.trouble;
  if (error instanceof PrivyApiError || error instanceof PrivyClientError) {
    const status = error instanceof PrivyApiError ? error.status : 0;
    return knownTrouble(error.code ?? "", status, error.message, doing, at.origin);
  }
  if (isWalletError(error)) return walletTrouble(error);
  if (error instanceof TypeError) return networkTrouble(at);
  if (error instanceof DOMException && error.name === "NotAllowedError") return passkeyRefused();
  if (error instanceof DOMException && error.name === "SecurityError") return passkeyElsewhere();
  return privyUnreachable(); // An answer that is not JSON, or none in time.
}

function knownTrouble(code: string, status: number, said: string, doing: Doing, origin: string): Trouble {
  const known = BY_CODE[code]?.(origin) ?? (ABOUT_INPUT.has(code) ? BY_DOING[doing] : undefined);
  if (known !== undefined) return { ...known, code: known.code ?? code };
  if (status === 429) return knownTrouble("too_many_requests", 0, said, doing, origin);
  if (doing === "setup" && (status === 404 || status === 400)) {
    return knownTrouble("missing_or_invalid_privy_app_id", 0, said, doing, origin);
  }
  if (status >= 500) return privyUnreachable();
  return {
    code: "privy_failed",
    what: `Privy refused: ${said.slice(0, 200) || `error ${status}`}`,
    todo: "Try again, or sign in another way.",
  };
}

/** EIP-1193 and EIP-1474: what a wallet throws. */
interface WalletError {
  code: number;
  message: string;
}

function isWalletError(error: unknown): error is WalletError {
  if (typeof error !== "object" || error === null || error instanceof DOMException) return false;
  return "code" in error && typeof error.code === "number";
}

function walletTrouble({ code, message }: WalletError): Trouble {
  if (code === 4001) {
    return {
      code: "wallet_refused",
      what: "You declined in your wallet, or closed its window.",
      todo: "Try again, or choose another way.",
    };
  }
  if (code === -32002) {
    return {
      code: "wallet_busy",
      what: "The wallet still waits for an earlier answer.",
      todo: "Open it, answer there or unlock it, then try again.",
    };
  }
  return {
    code: "wallet_failed",
    what: `The wallet could not do it: ${message.slice(0, 120)}`,
    todo: "Open the wallet, unlock it, and try again.",
  };
}

// "Failed to fetch" has three causes that the exception does not tell apart.
async function networkTrouble({ origin, appId, clientId }: Asking): Promise<Trouble> {
  const blocked = blockedByPolicy();
  if (blocked !== "") return policyBlocked(blocked);
  const ask = (options: RequestInit) =>
    fetch(`https://auth.privy.io/api/v1/apps/${encodeURIComponent(appId)}`, {
      credentials: "omit",
      signal: AbortSignal.timeout(10_000),
      ...options,
    }).then(({ status }) => status !== 403, () => false);
  // Error pages of the network before Privy have no CORS headers either: where this page may read, its origin is allowed.
  const headers = { "privy-app-id": appId, ...(clientId === null ? {} : { "privy-client-id": clientId }) };
  if (await ask({ headers })) return privyUnreachable();
  // Without CORS the answer cannot be read, but that there is one says that only this origin was refused.
  return (await ask({ mode: "no-cors" })) ? originRefused(origin) : privyUnreachable();
}

const violated = new Map<string, string>();
document.addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) => {
  violated.set(effectiveDirective, blockedURI);
});

/** The host that the page's own policy kept it from connecting to, or empty. */
function blockedByPolicy(): string {
  const blocked = violated.get("connect-src");
  return blocked === undefined ? "" : new URL(blocked, location.href).host;
}

/** Why a script of a captcha did not load. */
export function captchaNotLoaded(): Trouble {
  return violated.has("script-src-elem") ? captchaBlocked() : captchaUnloaded();
}
