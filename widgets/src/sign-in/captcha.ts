// Cloudflare Turnstile: one token for each request that the Privy app wants one for. Loads nothing until it is asked.

import { captchaNotLoaded, captchaRefused, Troubled } from "./errors";

const SCRIPT = "https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit";

interface Turnstile {
  render(
    box: HTMLElement,
    options: {
      sitekey: string;
      size: "flexible";
      callback: (token: string) => void;
      "error-callback": () => void;
      "timeout-callback": () => void;
      "unsupported-callback": () => void;
      "before-interactive-callback": () => void;
    },
  ): string;
  remove(widget: string): void;
}

declare global {
  interface Window {
    turnstile?: Turnstile;
  }
}

/** A token for one request; the person may have to click in `box`. Raises Troubled. */
export async function captchaToken(siteKey: string, box: HTMLElement): Promise<string> {
  const turnstile = await loaded();
  let widget = "";
  try {
    return await new Promise<string>((resolve, reject) => {
      const refuse = () => reject(new Troubled(captchaRefused()));
      widget = turnstile.render(box, {
        sitekey: siteKey,
        size: "flexible",
        callback: resolve,
        "error-callback": refuse,
        "timeout-callback": refuse,
        "unsupported-callback": refuse,
        "before-interactive-callback": () => box.scrollIntoView({ block: "nearest" }),
      });
    });
  } finally {
    turnstile.remove(widget);
  }
}

async function loaded(): Promise<Turnstile> {
  if (window.turnstile === undefined) {
    await new Promise<void>((resolve, reject) => {
      const script = document.createElement("script");
      script.src = SCRIPT;
      script.onload = () => resolve();
      script.onerror = () => {
        script.remove();
        reject(new Troubled(captchaNotLoaded()));
      };
      document.head.append(script);
    });
  }
  if (window.turnstile === undefined) throw new Troubled(captchaNotLoaded());
  return window.turnstile;
}
