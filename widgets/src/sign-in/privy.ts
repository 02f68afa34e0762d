// The Privy SDK as this page uses it: the public configuration, each way to sign in, the session of a returning person.

import Privy, { PrivyApiError } from "@privy-io/js-sdk-core";
import type { AppResponse } from "@privy-io/api-types/resources/apps";
import type { OAuthProviderID, ResponsePasskeyInitAuthenticate } from "@privy-io/api-types/resources/client-auth";
import { OAuthInit, PasskeyAuthenticateInit, SiweInit } from "@privy-io/routes";
import type { PageConfig } from "./config";
import { cookieMode, noToken, Troubled } from "./errors";
import { usePasskey } from "./passkey";
import { coversHost } from "./methods";
import { challengeOf, randomText } from "./pkce";
import { STATE_KEY, VERIFIER_KEY, type Keeping } from "./storage";
import { claimsOf, tokensOf, type Tokens } from "./tokens";
import { accountOf, sign, siweMessage, type Wallet } from "./wallets";

/** A token of the app's captcha; undefined where it wants none. */
export type Captcha = string | undefined;

type Answer = Parameters<typeof tokensOf>[0];

// Two tabs that refresh the same session at once would make the second one's refresh token a used one.
const ONE_AT_A_TIME = "homeport.privy-session";

export class SignIn {
  readonly #privy: Privy;

  constructor(
    readonly config: PageConfig,
    readonly keeping: Keeping,
  ) {
    this.#privy = new Privy({
      appId: config.appId,
      ...(config.clientId === null ? {} : { clientId: config.clientId }),
      storage: keeping.storage,
      sessions: { cookieWriteBehavior: "never" },
      logger: { ...console, level: "NONE" },
    });
  }

  /** The app's public configuration. */
  async app(): Promise<AppResponse> {
    await this.#privy.initialize();
    const app = this.#privy.app.getConfig();
    if (app === undefined) throw new TypeError("no configuration");
    if (app.custom_api_url) throw new Troubled(cookieMode(this.config.origin));
    return app;
  }

  /** The tokens of a person who signed in here before, or null. */
  async session(): Promise<Tokens | null> {
    try {
      return await oneAtATime(async () => {
        const token = await this.#privy.getAccessToken();
        if (token === null) return null;
        if (claimsOf(token).aud !== this.config.appId) return this.#drop(); // Homeport has another Privy app now.
        const identity_token = await this.#privy.getIdentityToken();
        return { token, ...(identity_token === null ? {} : { identity_token }) };
      });
    } catch (error) {
      if (error instanceof PrivyApiError && endsSession(error)) return this.#drop();
      throw error;
    }
  }

  /** End the session in this browser. Where the server keeps it there is none here, and ending it would end that. */
  async forget(): Promise<void> {
    if (this.config.keepSession) await this.#privy.auth.logout();
  }

  async sendCode(kind: "email" | "sms", to: string, captcha: Captcha): Promise<void> {
    await this.#privy.auth[kind === "email" ? "email" : "phone"].sendCode(to, captcha);
  }

  async enterCode(kind: "email" | "sms", to: string, code: string): Promise<Tokens> {
    return this.#tokens(await this.#privy.auth[kind === "email" ? "email" : "phone"].loginWithCode(to, code));
  }

  /** Where the person signs in with `provider`. */
  async providerUrl(provider: OAuthProviderID, captcha: Captcha): Promise<string> {
    const verifier = randomText();
    const state = randomText();
    await this.keeping.storage.put(VERIFIER_KEY, verifier);
    await this.keeping.storage.put(STATE_KEY, state);
    const body = {
      provider,
      redirect_to: `${this.config.origin}/authorize/privy`,
      code_challenge: await challengeOf(verifier),
      state_code: state,
      ...withCaptcha(captcha),
    };
    return (await this.#privy.fetchPrivyRoute(OAuthInit, { body })).url;
  }

  async comeBack(code: string, state: string): Promise<Tokens> {
    return this.#tokens(await this.#privy.auth.oauth.loginWithCode(code, state));
  }

  async enterWithWallet(wallet: Wallet, captcha: Captcha): Promise<Tokens> {
    const { address, chain } = await accountOf(wallet);
    const body = { address, ...withCaptcha(captcha) };
    const { nonce } = await this.#privy.fetchPrivyRoute(SiweInit, { body });
    const message = siweMessage({ address, chain, nonce, origin: this.config.origin });
    const signature = await sign(wallet, address, message);
    const kind = { walletClientType: "unknown", connectorType: "injected" } as const;
    const account = { address, chainId: `eip155:${chain}`, ...kind };
    return this.#tokens(await this.#privy.auth.siwe.loginWithSiwe(signature, account, message));
  }

  /** What a passkey is to sign; names the domain that the app's passkeys are made for. */
  passkeyOptions(captcha: Captcha): Promise<ResponsePasskeyInitAuthenticate> {
    const body = { relying_party: this.config.origin, ...withCaptcha(captcha) };
    return this.#privy.fetchPrivyRoute(PasskeyAuthenticateInit, { body });
  }

  /** Why no passkey of the app works on this page; empty when one may, also when Privy cannot say so just now. */
  async noPasskeyBecause(): Promise<string> {
    try {
      const { rp_id: domain } = (await this.passkeyOptions(undefined)).options;
      return domain === undefined || coversHost(domain, location.hostname) ? "" : `made for ${domain}`;
    } catch (error) {
      return error instanceof PrivyApiError && !isPassing(error) ? "Privy allows none here" : "";
    }
  }

  async enterWithPasskey(asked: ResponsePasskeyInitAuthenticate): Promise<Tokens> {
    const { challenge } = asked.options;
    const signed = await usePasskey(asked.options);
    return this.#tokens(await this.#privy.auth.passkey.loginWithPasskey(signed, challenge, asked.relying_party));
  }

  #drop(): null {
    this.keeping.forget();
    return null;
  }

  #tokens(answer: Answer): Tokens {
    const tokens = tokensOf(answer, { all: !this.config.keepSession });
    if (tokens === null) throw new Troubled(noToken());
    return tokens;
  }
}

/** Whether the same may be answered otherwise in a while. */
function isPassing({ status }: PrivyApiError): boolean {
  return status >= 500 || status === 408 || status === 429;
}

// Wrong settings, at Privy or here: the session counts again once they are right.
const NOT_ABOUT_THE_SESSION = [
  "invalid_origin",
  "missing_origin",
  "missing_or_invalid_privy_app_id",
  "missing_or_invalid_privy_client_id",
];

function endsSession(error: PrivyApiError): boolean {
  return !isPassing(error) && !NOT_ABOUT_THE_SESSION.includes(error.code ?? "");
}

/** Privy takes it in every first request of a way to sign in; the SDK passes it on in two of them only. */
function withCaptcha(token: Captcha): { token?: string } {
  return token === undefined ? {} : { token };
}

function oneAtATime<T>(work: () => Promise<T>): Promise<T> {
  return "locks" in navigator ? navigator.locks.request(ONE_AT_A_TIME, work) : work();
}
