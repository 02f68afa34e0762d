// The frame a widget lives in: another origin, a sandbox that cannot reach the page, and limits on what it may send. Nothing
// that comes out of it is believed; what it means is the bridges' business.

import type { Notes } from "./notes";
import { isFields, jsonOf, type Fields } from "./values";

const A_SECOND = 100;
/** So much in a second is no widget any more: it is taken away. */
const FLOOD = 1_000;
const LARGEST = 1_000_000;
const ASK_MS = 1_000;
const MISSED = 4;

export type Standing = "opening" | "open" | "silent" | "stopped";

export interface FrameSettings {
  address: string;
  /** Asked for at the last moment. */
  html: () => string;
  sandbox: string;
  allow: string;
}

/** Opened when it is made. `received` gets every message that is an object and within the limits. */
export class Frame {
  readonly element: HTMLIFrameElement;
  standing: Standing = "opening";
  readonly #origin: string;
  #gone = false;
  #sent = 0;
  #strays = 0;
  #missed = 0;
  readonly #timers: ReturnType<typeof setInterval>[] = [];
  readonly #abort = new AbortController();

  constructor(
    place: HTMLElement,
    private readonly settings: FrameSettings,
    private readonly notes: Notes,
    private readonly received: (message: Fields) => void,
    private readonly changed: (standing: Standing) => void,
  ) {
    this.#origin = new URL(settings.address).origin;
    this.element = document.createElement("iframe");
    this.element.title = "Widget";
    this.element.setAttribute("sandbox", settings.sandbox);
    if (settings.allow) this.element.setAttribute("allow", settings.allow);
    this.element.src = settings.address;
    addEventListener("message", (event) => this.#heard(event), { signal: this.#abort.signal });
    place.replaceChildren(this.element);
    this.#timers.push(setInterval(() => this.#nextSecond(), 1_000), setInterval(() => this.#ask(), ASK_MS));
  }

  send(message: Fields): void {
    if (this.standing === "open" || this.standing === "silent") this.element.contentWindow?.postMessage(message, this.#origin);
  }

  /** Take it away, and all that it does. */
  close(standing: Standing = "stopped"): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#abort.abort();
    for (const timer of this.#timers) clearInterval(timer);
    this.element.remove();
    this.#stand(standing);
  }

  #nextSecond(): void {
    this.#sent = 0;
    this.#strays = 0;
  }

  #stand(standing: Standing): void {
    if (standing === this.standing) return;
    this.standing = standing;
    this.changed(standing);
  }

  #heard({ source, origin, data }: MessageEvent): void {
    if (source !== this.element.contentWindow) {
      if (origin === this.#origin) this.#stray();
      return;
    }
    if (origin !== this.#origin || !this.#isWithin(data)) return;
    if (!isFields(data)) {
      return this.notes.finding(
        "error",
        "widget",
        `It sent ${typeof data === "object" ? "a list" : `a ${typeof data}`}, which no host understands.`,
        "Send JSON-RPC 2.0 objects, or leave that to the kit.",
      );
    }
    if (data.method === "ui/notifications/sandbox-proxy-ready") return this.#ready();
    if (data.homeport === "alive") {
      this.#missed = 0;
      if (this.standing === "silent") this.#stand("open");
      return;
    }
    if (data.homeport === "flood") return this.#flooded();
    this.received(data);
  }

  #ready(): void {
    if (this.standing !== "opening") {
      return this.notes.finding(
        "error",
        "widget",
        "It sent a message of the sandbox around it.",
        "ui/notifications/sandbox-… is between host and sandbox.",
      );
    }
    const { html, sandbox, allow } = this.settings;
    this.standing = "open";
    const params = { html: html(), sandbox, allow };
    this.send({ jsonrpc: "2.0", method: "ui/notifications/sandbox-resource-ready", params });
    this.changed("open");
  }

  #isWithin(data: unknown): boolean {
    this.#sent += 1;
    if (this.#sent > FLOOD) {
      this.notes.finding(
        "error",
        "widget",
        `It sent more than ${FLOOD} messages in a second, and was stopped.`,
        "Look for a loop that sends, or for an effect that causes itself.",
      );
      this.close();
      return false;
    }
    if (this.#sent > A_SECOND) {
      this.#flooded();
      return false;
    }
    const text = jsonOf(data);
    if (text !== undefined && text.length > LARGEST) {
      this.notes.finding(
        "error",
        "widget",
        `It sent a message of ${Math.round(text.length / 1000)} kB, which was dropped.`,
        "Send less; a file goes through uploadFile.",
      );
      return false;
    }
    return true;
  }

  #flooded(): void {
    this.notes.finding(
      "warning",
      "widget",
      `It sends more than ${A_SECOND} messages a second. What is more is dropped.`,
      "Send what has changed, and once per change.",
    );
  }

  /** From the widget straight to this page, past its sandbox: no host hears such a message. */
  #stray(): void {
    this.#strays += 1;
    if (this.#strays > FLOOD) return this.close();
    if (this.#strays === 1) {
      this.notes.finding(
        "error",
        "widget",
        "It sent a message to the top window, which was ignored.",
        "Send to window.parent: the top window is not its host.",
      );
    }
  }

  #ask(): void {
    if (document.hidden || this.standing === "opening" || this.standing === "stopped") return;
    this.#missed += 1;
    if (this.#missed > MISSED && this.standing === "open") {
      this.notes.finding(
        "error",
        "widget",
        `It has not let go of its thread for ${MISSED} seconds.`,
        "Look for a loop without an end.",
      );
      this.#stand("silent");
    }
    this.element.contentWindow?.postMessage({ homeport: "alive?" }, this.#origin);
  }
}
