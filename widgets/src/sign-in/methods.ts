// Which ways to sign in the Privy app offers, and which of them can work on this page. Pure: told all it must know.

import type { AppResponse } from "@privy-io/api-types/resources/apps";
import type { OAuthProviderID } from "@privy-io/api-types/resources/client-auth";

export type Method =
  | { kind: "email" | "sms" | "wallet" | "passkey"; label: string }
  | { kind: "oauth"; label: string; provider: OAuthProviderID };

/** A way that the app offers but this page cannot take, and why. */
export interface Impossible {
  label: string;
  reason: string;
}

export interface Methods {
  offered: Method[];
  impossible: Impossible[];
  /** Turnstile's site key when the app wants a check that this is a person; else null. */
  captchaKey: string | null;
}

export interface Circumstances {
  /** Whether the tab remembers anything over a redirect. */
  redirects: boolean;
  /** Whether the browser knows passkeys. */
  passkeys: boolean;
  /** Whether the page is shown inside another app rather than in a browser. */
  inAnotherApp: boolean;
}

const PROVIDERS = [
  ["google", "google_oauth", "Google"],
  ["apple", "apple_oauth", "Apple"],
  ["github", "github_oauth", "GitHub"],
  ["discord", "discord_oauth", "Discord"],
  ["twitter", "twitter_oauth", "X (Twitter)"],
  ["linkedin", "linkedin_oauth", "LinkedIn"],
  ["spotify", "spotify_oauth", "Spotify"],
  ["instagram", "instagram_oauth", "Instagram"],
  ["tiktok", "tiktok_oauth", "TikTok"],
  ["line", "line_oauth", "LINE"],
  ["twitch", "twitch_oauth", "Twitch"],
  ["telegram", "telegram_oauth", "Telegram"],
] as const satisfies readonly (readonly [OAuthProviderID, keyof AppResponse, string])[];

const NOT_HERE = [
  ["solana_wallet_auth", "Solana wallet", "this page speaks to Ethereum wallets only"],
  ["farcaster_auth", "Farcaster", "needs Privy’s own window, which this page does without"],
  ["telegram_auth", "Telegram (bot)", "its bot belongs to the one address that was entered at Telegram"],
  ["guest_auth", "Guest", "a guest is nobody in particular, so there is nobody to let in"],
  ["custom_jwt_auth", "Own tokens of the app", "only the app itself can make them"],
] as const satisfies readonly (readonly [keyof AppResponse, string, string])[];

export function methodsOf(app: AppResponse, here: Circumstances): Methods {
  const offered: Method[] = [];
  const impossible: Impossible[] = [];
  const captcha = captchaOf(app);
  const unsendable = captcha.readable ? "" : `needs ${captcha.name}, which this page cannot show`;
  const offer = (method: Method, reason = "") =>
    reason === "" ? offered.push(method) : impossible.push({ label: method.label, reason });

  if (app.email_auth) offer({ kind: "email", label: "E-mail" }, unsendable);
  if (app.sms_auth) offer({ kind: "sms", label: "Phone" }, unsendable);
  for (const [provider, field, label] of PROVIDERS) {
    if (app[field] === true) offer({ kind: "oauth", provider, label }, unsendable || redirectReason(provider, here));
  }
  for (const { enabled, provider, provider_display_name } of app.custom_oauth_providers ?? []) {
    if (!enabled) continue;
    const label = short(provider_display_name);
    offer({ kind: "oauth", provider, label }, unsendable || redirectReason(provider, here));
  }
  if (app.wallet_auth) offer({ kind: "wallet", label: "Wallet" });
  if (app.passkey_auth) {
    offer({ kind: "passkey", label: "Passkey" }, unsendable || (here.passkeys ? "" : "this browser knows none"));
  }
  for (const [field, label, reason] of NOT_HERE) {
    if (app[field] === true) impossible.push({ label, reason });
  }
  return { offered, impossible, captchaKey: captcha.key };
}

const LONGEST_NAME = 40;

function short(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name;
}

function redirectReason(provider: string, here: Circumstances): string {
  if (!here.redirects) return "this browser would forget the way back";
  if (provider === "google" && here.inAnotherApp) return "Google wants a browser: open this page in one";
  return "";
}

// Privy marks whose site key it is: "t:" Turnstile, "h:" hCaptcha.
function captchaOf(app: AppResponse): { readable: boolean; name: string; key: string | null } {
  if (!app.captcha_enabled) return { readable: true, name: "", key: null };
  const key = app.captcha_site_key ?? "";
  if (app.enabled_captcha_provider === "hcaptcha" || !key.startsWith("t:")) {
    return { readable: false, name: app.enabled_captcha_provider === "hcaptcha" ? "hCaptcha" : "a captcha", key: null };
  }
  return { readable: true, name: "Turnstile", key: key.slice("t:".length) };
}

/** Whether `rpId` counts for `host`: the same, or a domain above it (WebAuthn 5.1.4.1). */
export function coversHost(rpId: string, host: string): boolean {
  return host === rpId || host.endsWith(`.${rpId}`);
}

/** How people call an OAuth provider. */
export function labelOf(provider: string): string {
  return PROVIDERS.find(([id]) => id === provider)?.[2] ?? "the provider";
}
