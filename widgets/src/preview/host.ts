// One widget and its host: frame, both bridges, and the story that a moment tells over them.

import { AppsBridge } from "./apps-bridge";
import type { ShownWidget } from "./api";
import { Deeds, type Stage } from "./deeds";
import { withRuntime } from "./document";
import { Frame, type Standing } from "./frame";
import { changedIn, contextOf, globalsOf, outputGlobals, resultOf, streamed, type Moment } from "./moment";
import { OpenaiBridge } from "./openai-bridge";
import { PROFILES } from "./profiles";
import { cut, fieldsOf, textOf, type Fields } from "./values";

const STREAM_MS = 250;
export const SLOW_MS = 10_000;
const TEARDOWN_MS = 200;

export interface Shown {
  widget: ShownWidget;
  tool: Fields;
  /** In a modal of ChatGPT: what the widget gave it. */
  modal?: Fields;
}

export class Host {
  readonly #frame: Frame;
  readonly #apps: AppsBridge;
  readonly #openai: OpenaiBridge;
  #context: Fields;
  #globals: Fields;
  #moment: Moment;
  #timers: ReturnType<typeof setTimeout>[] = [];
  /** What window.openai has said of the call. */
  #known = "";

  constructor(
    place: HTMLElement,
    private readonly stage: Stage,
    private readonly shown: Shown,
    resized: (size: { width?: number; height?: number }) => void,
    stands: (standing: Standing) => void,
  ) {
    const { moment, notes } = stage;
    const profile = PROFILES[moment.host.profile];
    const deeds = new Deeds(stage);
    this.#moment = moment;
    this.#context = contextOf(moment, shown.tool);
    this.#globals = this.#globalsOf(moment);
    const send = (message: Fields) => this.#frame.send(message);
    const wantsToClose = () => stage.close();
    this.#apps = new AppsBridge({
      profile: moment.host.profile,
      notes,
      deeds,
      send,
      resized,
      wantsToClose,
      context: () => this.#context,
      initialized: () => this.#begin(),
    });
    this.#openai = new OpenaiBridge({ methods: profile.openai, notes, deeds, send, resized, wantsToClose, modal: stage.modal });
    notes.begin();
    const document = () => {
      const call = this.#call();
      this.#known = JSON.stringify(call);
      const values = { ...this.#globals, widgetState: this.#moment.widgetState, ...call };
      return withRuntime(shown.widget.html, values, profile.openai);
    };
    const settings = {
      address: shown.widget.sandbox,
      html: document,
      sandbox: profile.sandbox,
      allow: allowed(shown.widget.meta, profile.permissions),
    };
    this.#frame = new Frame(place, settings, notes, (message) => this.#received(message), stands);
  }

  /** The moment is another one: tell the widget what has changed. */
  follow(moment: Moment): void {
    const before = this.#moment;
    this.#moment = moment;
    this.stage.moment = moment;
    const context = contextOf(moment, this.shown.tool);
    const changed = changedIn(this.#context, context);
    this.#context = context;
    if (Object.keys(changed).length > 0) this.#apps.notify("ui/notifications/host-context-changed", changed);
    const globals = this.#globalsOf(moment);
    if (this.#known !== "") this.#openai.set(changedIn(this.#globals, globals));
    this.#globals = globals;
    const story = ({ state, input, output, text, meta }: Moment) => JSON.stringify([state, input, output, text, meta]);
    if (story(before) !== story(moment) && this.#apps.stage === "initialized") this.#begin();
    else if (story(before) !== story(moment)) this.#tellOpenai();
  }

  /** The widget's state was changed in the editor. */
  setWidgetState(widgetState: unknown): void {
    if (this.#known !== "") this.#openai.set({ widgetState });
  }

  /** Say goodbye as a host does, and take the widget away. */
  async close(): Promise<void> {
    const heard = await this.#apps.ask("ui/resource-teardown", { reason: "closed in the preview" }, TEARDOWN_MS);
    if (!heard) {
      this.stage.notes.finding(
        "note",
        "ui/resource-teardown",
        "The widget did not answer it.",
        "Answer with an empty result: the kit does.",
      );
    }
    this.end();
  }

  end(): void {
    this.#clearTimers();
    this.#frame.close();
  }

  /** Is it there at all? */
  async ping(): Promise<boolean> {
    return this.#apps.ask("ping", {}, 2_000);
  }

  #globalsOf(moment: Moment): Fields {
    const globals = globalsOf(moment);
    return this.shown.modal ? { ...globals, view: { mode: "modal", params: this.shown.modal } } : globals;
  }

  #received(message: Fields): void {
    if ("jsonrpc" in message) return this.#apps.received(message);
    switch (message.homeport) {
      case "openai":
        return void this.#openai.received(message);
      case "observed":
        return this.#observed(message);
      case "blocked":
        return this.#blocked(textOf(message.directive), textOf(message.uri), 0);
      default:
        this.#apps.received(message);
    }
  }

  #observed({ kind, text, directive, uri, line }: Fields): void {
    const words = cut(textOf(text), 500);
    const { notes } = this.stage;
    switch (kind) {
      case "ready":
        return this.#openai.ready();
      case "error":
        return notes.finding("error", "script", words, "Mend it in the widget: ChatGPT shows it to nobody.");
      case "warning":
        return notes.finding("note", "script", words, "See whether it matters.");
      case "absent":
        return notes.finding(
          "note",
          `window.openai.${words}`,
          "The widget looked for it, and ChatGPT has no such thing.",
          "Test for it before use, and do without.",
        );
      case "blocked":
        return this.#blocked(textOf(directive), textOf(uri), typeof line === "number" ? line : 0);
    }
  }

  #blocked(directive: string, uri: string, line: number): void {
    const place = line > 0 ? `, line ${line}` : "";
    this.stage.notes.finding(
      "error",
      `${directive}${place}`,
      `Its content policy blocked ${uri || "something"}.`,
      remedy(directive, uri),
    );
  }

  /** What the widget hears as soon as it can hear. */
  #begin(): void {
    this.#clearTimers();
    const { state, input } = this.#moment;
    this.#tellOpenai();
    switch (state) {
      case "pending":
      case "reloaded":
        return;
      case "streaming":
        return this.#stream();
      case "cancelled":
        this.#apps.notify("ui/notifications/tool-input", { arguments: input });
        return this.#apps.notify("ui/notifications/tool-cancelled", { reason: this.#moment.text || "The person stopped it." });
      case "slow":
        this.#apps.notify("ui/notifications/tool-input", { arguments: input });
        this.#timers.push(setTimeout(() => this.#result(), SLOW_MS));
        return;
      default:
        this.#apps.notify("ui/notifications/tool-input", { arguments: input });
        if (state === "failed" || this.#moment.output !== null) this.#result();
    }
  }

  #result(): void {
    const result = resultOf(this.#moment);
    this.#apps.notify("ui/notifications/tool-result", result);
    if (this.#moment.state === "slow") this.#openai.set(outputGlobals(result));
  }

  #stream(): void {
    const parts = [...streamed(this.#moment.input)];
    parts.forEach((part, place) => {
      const tell = () => this.#apps.notify("ui/notifications/tool-input-partial", { arguments: part });
      this.#timers.push(setTimeout(tell, STREAM_MS * place));
    });
  }

  /** What window.openai says of the call in this moment. */
  #call(): Fields {
    const { state, input, output } = this.#moment;
    const none = { toolInput: null, toolOutput: null, toolResponseMetadata: null };
    if (state === "pending" || state === "streaming" || state === "reloaded") return none;
    if (state === "cancelled" || state === "slow") return { ...none, toolInput: input };
    const isThere = state === "failed" || output !== null;
    return { ...none, toolInput: input, ...(isThere && outputGlobals(resultOf(this.#moment))) };
  }

  #tellOpenai(): void {
    const call = this.#call();
    const text = JSON.stringify(call);
    // Empty: the document is not written yet, and will say it itself.
    if (this.#known === "" || text === this.#known) return;
    this.#known = text;
    this.#openai.set(call);
  }

  #clearTimers(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
  }
}

/** The frame's `allow`: what the widget asks for and this host ever gives. */
function allowed(meta: Fields, permissions: Record<string, string>): string {
  const asked = fieldsOf(fieldsOf(meta.ui).permissions);
  return Object.keys(asked).flatMap((name) => permissions[name] ?? []).join("; ");
}

function remedy(directive: string, uri: string): string {
  const origin = URL.parse(uri)?.origin;
  const named = origin && origin !== "null" ? `["${origin}"]` : "[…]";
  if (uri === "eval" || uri === "wasm-eval") {
    return "ChatGPT allows no eval: leave out the library that compiles code at run time.";
  }
  if (/^connect/.test(directive)) return `Ask a tool of the app for it, or allow the host: Widget(connect=${named}).`;
  if (/^(frame|child)/.test(directive)) {
    return `A widget does not leave its page: use openLink, or Widget(frames=${named}) for a page inside it.`;
  }
  if (/^form/.test(directive)) return "Handle the submit event and call a tool.";
  if (/^base/.test(directive)) return "Leave <base> out: everything is in one file.";
  if (/^font/.test(directive)) {
    return `A font inside the file is blocked as well: use var(--font-sans), or allow the host: Widget(resources=${named}).`;
  }
  if (/^(img|style|script|media)/.test(directive)) {
    return `Put it into the file, or allow the host: Widget(resources=${named}).`;
  }
  return "ChatGPT blocks this for every widget: do without.";
}
