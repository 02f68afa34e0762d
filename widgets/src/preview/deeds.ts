// What a widget can bring about, by whichever bridge it asks: tool calls, messages, links, display modes, its state. Each is
// checked here as a host would, whatever the bridge has checked.

import { callTool, relay, type Called } from "./api";
import type { Notes } from "./notes";
import { PROFILES, type DisplayMode } from "./profiles";
import type { Moment } from "./moment";
import { fieldsOf, isFields, jsonOf, textOf, tokensOf, type Fields } from "./values";

export const MOST_OUTPUT_TOKENS = 5_000;
export const MOST_STATE_TOKENS = 20_000;
const MOST_CALLS = 30;
const CALLS_MS = 10_000;
const MOST_FILES = 20;
const LARGEST_FILE = 5_000_000;

/** Said to the widget as a refusal. */
export class Refusal extends Error {}

export interface Said {
  number: number;
  kind: "message" | "link" | "app-link" | "file";
  text: string;
  note: string;
}

/** What the deeds read and change; the page draws it. */
export interface Stage {
  moment: Moment;
  notes: Notes;
  redirects: string[];
  asking: { path: string; who: string; grant: string; scopes: string[] };
  change(host: Partial<Moment["host"]>): void;
  keep(state: unknown): void;
  tell(context: Fields): void;
  say(kind: Said["kind"], text: string, note?: string): void;
  close(): void;
  modal(params: Fields, template: string): void;
}

export class Deeds {
  readonly #calls: number[] = [];
  readonly #files = new Map<string, File>();
  #widgetSession = crypto.randomUUID();

  constructor(private readonly stage: Stage) {}

  async callTool(name: unknown, given: unknown): Promise<Fields> {
    if (typeof name !== "string" || name === "") throw new Refusal("A tool is called by its name, as text.");
    if (given !== undefined && given !== null && !isFields(given)) throw new Refusal("The arguments of a tool are an object.");
    this.#count(name);
    const saved = this.stage.moment.answers[name];
    if (saved) return saved;
    try {
      const call = { tool: name, arguments: fieldsOf(given), by: "widget", meta: this.meta() } as const;
      const called = await callTool({ ...this.stage.asking, ...call });
      measureResult(this.stage.notes, name, called);
      return called.result;
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      this.stage.notes.finding(
        "error",
        name,
        `The widget's call was refused: ${words}`,
        "See what the tool's widget_access allows, and how it is named.",
      );
      throw new Refusal(words);
    }
  }

  /** Hints that ChatGPT sends with a call. */
  meta(): Fields {
    const { locale, device } = this.stage.moment.host;
    const hints = { "openai/locale": locale, "openai/userAgent": `preview (${device})` };
    return { ...hints, "openai/widgetSessionId": this.#widgetSession };
  }

  async relay(method: string, params: Fields): Promise<Fields> {
    this.#count(method);
    return relay({ ...this.stage.asking, method, params }).catch((error: Error) => {
      throw new Refusal(error.message);
    });
  }

  message(text: string): void {
    if (text.trim() === "") throw new Refusal("An empty message says nothing.");
    this.stage.say("message", text);
  }

  /** `back`: where the page may send the person back to; false: nowhere. ChatGPT's own, as are its words for it. */
  openLink(given: unknown, back?: unknown): void {
    const url = this.#webAddress(given);
    const trusted = this.stage.redirects.some((domain) => URL.parse(domain)?.origin === url.origin);
    const chatgpt = this.stage.moment.host.profile === "chatgpt";
    const warned = chatgpt && !trusted ? "ChatGPT asks the person first. Widget(redirects=[…]) names where it need not." : "";
    const returns =
      back === false ? "The page is told no way back." : textOf(back) && `The page may send the person back to ${textOf(back)}.`;
    this.stage.say("link", url.href, [warned, returns].filter(Boolean).join(" "));
  }

  /** ChatGPT has a button to the app in full screen: this is where it leads. Nothing is opened. */
  leadToApp(given: unknown): void {
    this.stage.say("app-link", this.#webAddress(given).href, "It is beside the widget in full screen.");
  }

  displayMode(given: unknown): DisplayMode {
    const { profile, displayMode } = this.stage.moment.host;
    const mode = PROFILES[profile].displayModes.find((one) => one === given);
    if (!mode) throw new Refusal(`${PROFILES[profile].label} has no display mode ${jsonOf(given) ?? "like this"}.`);
    if (mode !== displayMode) this.stage.change({ displayMode: mode });
    return mode;
  }

  keep(state: unknown): void {
    const tokens = tokensOf(state);
    if (jsonOf(state) === undefined) {
      this.stage.notes.finding(
        "error",
        "widget state",
        "It is no JSON and would be lost.",
        "Keep plain objects, lists, text and numbers.",
      );
    }
    if (tokens > MOST_STATE_TOKENS) {
      this.stage.notes.finding(
        "warning",
        "widget state",
        `It has about ${tokens} tokens; ${MOST_STATE_TOKENS} are a lot already.`,
        "Keep ids and choices, and fetch the rest again.",
      );
    }
    this.stage.keep(state ?? null);
  }

  /** What the model knows of the widget from now on. */
  tell(context: Fields): void {
    const tokens = tokensOf(context);
    if (tokens > MOST_OUTPUT_TOKENS) {
      this.stage.notes.finding(
        "warning",
        "model context",
        `The model is told about ${tokens} tokens.`,
        "Tell what matters for its next turn only.",
      );
    }
    this.stage.tell(context);
  }

  async uploadFile(file: unknown): Promise<Fields> {
    if (!(file instanceof File)) throw new Refusal("uploadFile takes a File.");
    if (file.size > LARGEST_FILE || this.#files.size >= MOST_FILES) {
      throw new Refusal("The preview keeps 20 files of 5 MB each.");
    }
    const fileId = `file_${crypto.randomUUID().replaceAll("-", "")}`;
    this.#files.set(fileId, file);
    this.stage.say("file", file.name, `${file.size} bytes, kept by this page only`);
    return { fileId };
  }

  selectFiles(): Fields[] {
    return [...this.#files].map(([fileId, { name, type }]) => ({ fileId, fileName: name, mimeType: type }));
  }

  async downloadUrl(fileId: unknown): Promise<Fields> {
    const file = this.#files.get(textOf(fileId));
    if (!file) throw new Refusal("There is no such file.");
    const reader = new FileReader();
    const read = new Promise((done) => reader.addEventListener("loadend", done));
    reader.readAsDataURL(file);
    await read;
    return { downloadUrl: reader.result };
  }

  #webAddress(given: unknown): URL {
    const url = URL.parse(textOf(given));
    if (url && /^https?:$/.test(url.protocol)) return url;
    this.stage.notes.finding(
      "error",
      "widget",
      `It wanted to open ${jsonOf(given) ?? "something"}, which is no web address.`,
      "A link begins with https://.",
    );
    throw new Refusal("Only https:// and http:// addresses can be opened.");
  }

  #count(what: string): void {
    const now = performance.now();
    while (this.#calls[0] !== undefined && this.#calls[0] < now - CALLS_MS) this.#calls.shift();
    if (this.#calls.length >= MOST_CALLS) {
      this.stage.notes.finding(
        "error",
        what,
        `The widget calls more than ${MOST_CALLS} times in ${CALLS_MS / 1000} seconds. What is more is refused.`,
        "Call when the person does something, and once.",
      );
      throw new Refusal("Too many calls: wait a moment.");
    }
    this.#calls.push(now);
  }
}

export function measureResult(notes: Notes, tool: string, { result }: Called): void {
  const tokens = tokensOf({ content: result.content, structuredContent: result.structuredContent });
  if (tokens > MOST_OUTPUT_TOKENS) {
    notes.finding(
      "warning",
      tool,
      `Its result has about ${tokens} tokens, all of which the model reads.`,
      `Stay below ${MOST_OUTPUT_TOKENS}: give fewer items, or put what only the widget needs into Result(meta=…).`,
    );
  }
}
