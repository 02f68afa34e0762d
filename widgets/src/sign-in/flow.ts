// What happens on the sign-in page, one step after the other: what is shown, and what the person can do then.

import type { AppResponse } from "@privy-io/api-types/resources/apps";
import { captchaToken } from "./captcha";
import { denied, insecureContext, noMethods, requestLost, storageRefused, Troubled, troubleOf } from "./errors";
import type { Doing, Trouble } from "./errors";
import { labelOf, methodsOf, type Method, type Methods } from "./methods";
import { passkeysKnown } from "./passkey";
import type { SignIn } from "./privy";
import type { Return } from "./redirect";
import { handOver, remedyFor } from "./server";
import { rememberedRequest } from "./storage";
import type { Tokens } from "./tokens";
import type { Wallet } from "./wallets";

export type Way = "email" | "sms";

/** What the person can do when it went no further. */
export type Again = "reload" | "repeat" | "anew" | "nothing";

export type View =
  | { is: "busy"; doing: string; cancel?: true }
  | { is: "choosing"; trouble: Trouble | null; busy: boolean }
  | { is: "code"; way: Way; to: string; trouble: Trouble | null; busy: boolean }
  | { is: "wallets" }
  | { is: "stopped"; trouble: Trouble; again: Again };

export interface Shown {
  view: View;
  app: AppResponse | null;
  methods: Methods;
}

/** Troubles that no other code gets around. */
const NOT_ABOUT_THE_CODE = ["sign_up_closed", "allowlist", "method_disabled", "account_suspended"];

const NONE: Methods = { offered: [], impossible: [], captchaKey: null };

export class Flow {
  #shown: Shown = { view: { is: "busy", doing: "One moment…" }, app: null, methods: NONE };
  /** Grows with each thing begun: what comes of an earlier one no longer counts. */
  #step = 0;
  #tokens: Tokens | null = null;
  #request: string | null;

  constructor(
    readonly signIn: SignIn,
    readonly changed: (shown: Shown) => void,
    readonly captchaBox: () => HTMLElement | null,
  ) {
    this.#request = signIn.config.request ?? rememberedRequest.get();
  }

  get shown(): Shown {
    return this.#shown;
  }

  /** What the person should know beforehand, though it stops nothing. */
  get notice(): Trouble | null {
    return this.signIn.keeping.refused || !this.signIn.keeping.redirects ? storageRefused() : null;
  }

  async start(back: Return | null): Promise<void> {
    const { config } = this.signIn;
    if (!isSecureContext) return this.#stop(insecureContext(), "nothing");
    if (this.#request === null) return this.#stop(requestLost(), "nothing");
    rememberedRequest.put(this.#request);
    if (back !== null && !back.denied) {
      return this.#enter("redirect", "Signing you in…", () => this.signIn.comeBack(back.code, back.state));
    }
    await this.#attempt("setup", async (step) => {
      if (config.switching) await this.signIn.forget();
      const tokens = back === null && !config.switching ? await this.signIn.session() : null;
      if (step !== this.#step) return;
      if (tokens !== null) return this.#handOver(tokens);
      await this.#choose(back === null ? null : denied(labelOf(back.provider)));
    });
  }

  sendCode(way: Way, to: string): Promise<void> {
    const from = this.#shown.view;
    if (from.is === "choosing" || from.is === "code") this.#show({ ...from, trouble: null, busy: true });
    return this.#attempt(way === "email" ? "send-email" : "send-sms", async (step) => {
      await this.signIn.sendCode(way, to, await this.#captcha());
      if (step === this.#step) this.#show({ is: "code", way, to, trouble: null, busy: false });
    });
  }

  enterCode(way: Way, to: string, code: string): Promise<void> {
    this.#show({ is: "code", way, to, trouble: null, busy: true });
    return this.#attempt("code", async () => this.#handOver(await this.signIn.enterCode(way, to, code)));
  }

  take(method: Method): Promise<void> {
    switch (method.kind) {
      case "oauth":
        return this.#leaveFor(method);
      case "passkey":
        return this.#enter("passkey", "Choose a passkey…", async () =>
          this.signIn.enterWithPasskey(await this.signIn.passkeyOptions(await this.#captcha())),
        );
      case "wallet":
        this.#step += 1;
        this.#show({ is: "wallets" });
        return Promise.resolve();
      default:
        return Promise.resolve(); // A form of its own.
    }
  }

  takeWallet(wallet: Wallet): Promise<void> {
    const said = `Answer in ${wallet.name}: first which account, then a signature. It costs nothing.`;
    return this.#enter("wallet", said, async () => this.signIn.enterWithWallet(wallet, await this.#captcha()));
  }

  /** Back to all ways to sign in; what goes on is dropped. */
  back(trouble: Trouble | null = null): void {
    this.#step += 1;
    this.#show({ is: "choosing", trouble, busy: false });
  }

  repeat(): Promise<void> {
    return this.#tokens === null ? Promise.resolve() : this.#handOver(this.#tokens);
  }

  async anew(): Promise<void> {
    this.#show({ is: "busy", doing: "One moment…" });
    await this.#attempt("setup", async () => {
      await this.signIn.forget();
      await this.#choose(null);
    });
  }

  async #choose(trouble: Trouble | null): Promise<void> {
    const step = this.#step;
    const app = this.#shown.app ?? (await this.signIn.app());
    if (step !== this.#step) return;
    const methods = methodsOf(app, {
      redirects: this.signIn.keeping.redirects,
      passkeys: passkeysKnown(),
      inAnotherApp: /; wv\)|FBA[NV]|Instagram|\bLine\//.test(navigator.userAgent),
    });
    const sure = methods.offered.filter(({ kind }) => kind !== "passkey");
    const passkey = methods.offered.find(({ kind }) => kind === "passkey");
    // With a captcha Privy cannot be asked beforehand: then it shows when the passkey is taken.
    const mustAsk = passkey !== undefined && methods.captchaKey === null;
    this.#shown = { ...this.#shown, app, methods: mustAsk ? { ...methods, offered: sure } : methods };
    if (!mustAsk || sure.length > 0) this.#choosing(trouble);
    if (!mustAsk) return;
    // Which domain the app's passkeys are made for, Privy says only when it is asked to use one.
    const reason = await this.signIn.noPasskeyBecause();
    const impossible = [...methods.impossible, { label: passkey.label, reason }];
    this.#shown = { ...this.#shown, methods: reason === "" ? methods : { ...methods, offered: sure, impossible } };
    if (sure.length > 0) this.changed(this.#shown);
    else if (step === this.#step) this.#choosing(trouble);
  }

  #choosing(trouble: Trouble | null): void {
    const { offered, impossible } = this.#shown.methods;
    if (offered.length === 0) this.#stop(noMethods(impossible), "reload");
    else this.#show({ is: "choosing", trouble, busy: false });
  }

  async #leaveFor(method: Extract<Method, { kind: "oauth" }>): Promise<void> {
    this.#show({ is: "busy", doing: `Going to ${method.label}…`, cancel: true });
    await this.#attempt("redirect", async (step) => {
      const url = await this.signIn.providerUrl(method.provider, await this.#captcha());
      if (step === this.#step) location.assign(url);
    });
  }

  async #enter(doing: Doing, said: string, tokens: () => Promise<Tokens>): Promise<void> {
    this.#show({ is: "busy", doing: said, ...(doing === "redirect" ? {} : { cancel: true }) });
    await this.#attempt(doing, async (step) => {
      const got = await tokens();
      if (step === this.#step) await this.#handOver(got);
    });
  }

  async #handOver(tokens: Tokens): Promise<void> {
    this.#tokens = tokens;
    this.#show({ is: "busy", doing: "Signing you in…" });
    try {
      location.replace(await handOver(this.#request ?? "", tokens));
    } catch (error) {
      if (!(error instanceof Troubled)) throw error;
      this.#stop(error.trouble, remedyFor(error.trouble));
    }
  }

  async #captcha(): Promise<string | undefined> {
    const box = this.captchaBox();
    const { captchaKey } = this.#shown.methods;
    return captchaKey === null || box === null ? undefined : captchaToken(captchaKey, box);
  }

  /** Do one thing; what goes wrong is shown where the person can do something about it. */
  async #attempt(doing: Doing, work: (step: number) => Promise<void>): Promise<void> {
    const step = ++this.#step;
    try {
      await work(step);
    } catch (error) {
      const trouble = await troubleOf(error, doing, this.signIn.config);
      if (step !== this.#step) return;
      const { view, app } = this.#shown;
      const retype = view.is === "code" && !NOT_ABOUT_THE_CODE.includes(trouble.code);
      if (retype) this.#show({ ...view, trouble, busy: false });
      else if (app !== null) this.#show({ is: "choosing", trouble, busy: false });
      else if (doing === "redirect") await this.#attempt("setup", () => this.#choose(trouble));
      else this.#stop(trouble, "reload");
    }
  }

  #stop(trouble: Trouble, again: Again): void {
    this.#show({ is: "stopped", trouble, again });
  }

  #show(view: View): void {
    this.#shown = { ...this.#shown, view };
    this.changed(this.#shown);
  }
}
