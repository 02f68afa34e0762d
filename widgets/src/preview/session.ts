// All that the page knows, and what can be done to it. Components draw it and call it; it knows none of them.

import * as api from "./api";
import { measureResult, type Said, type Stage } from "./deeds";
import { exampleOf } from "./example";
import type { Standing } from "./frame";
import { Host, type Shown } from "./host";
import { DEVICES, HEIGHTS, momentOf, newMoment, simulationOf, type Device, type HostState, type Moment, type State } from "./moment";
import { Notes } from "./notes";
import { fieldsOf, isFields, textOf, tokensOf, wordsOf, type Fields } from "./values";

const MOST_SAID = 100;

export class Session {
  access: "opening" | "missing" | "open" = "opening";
  /** What is in the way right now, in words. */
  trouble = "";
  scene: api.Scene | null = null;
  moment: Moment = newMoment("");
  simulation = "";
  acting: api.Acting = { path: "", who: "tester", grant: "", scopes: ["read", "write"] };
  shown: Shown | null = null;
  /** Grows with each widget that is opened anew. */
  opened = 0;
  standing: Standing = "opening";
  contentHeight = 0;
  calling = false;
  lastCall = "";
  modelContext: Fields = {};
  said: Said[] = [];
  modal: Shown | null = null;
  readonly notes = new Notes(() => this.#changed());
  #host: Host | null = null;
  #listeners = new Set<() => void>();
  #drawing = false;
  #lastSaid = 0;
  #loading = 0;
  #resultText = "";

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  // --- opening ---

  async open(): Promise<void> {
    try {
      await api.openSession().catch((error: unknown) => {
        if (!(error instanceof api.NoSession)) this.trouble = wordsOf(error);
      });
      await this.#readScene();
      this.access = "open";
      this.trouble = "";
      await this.#openFragment();
    } catch (error) {
      this.#failed(error);
    }
    this.#changed();
  }

  /** Open, and follow edits and what the address says from then on, until `signal`. */
  async start(signal: AbortSignal): Promise<void> {
    addEventListener("hashchange", () => void this.open(), { signal });
    await this.open();
    await api.listen((line) => void this.#heard(line), signal);
  }

  get app(): api.App | undefined {
    return this.scene?.apps.find(({ path }) => path === this.acting.path);
  }

  get tool(): Fields | undefined {
    return this.app?.tools.find(({ name }) => name === this.moment.tool);
  }

  async choose(path: string, tool: string): Promise<void> {
    this.acting = { ...this.acting, path };
    this.simulation = "";
    const { host } = this.moment;
    this.moment = { ...newMoment(tool), input: exampleOf(this.tool?.inputSchema), ...(this.moment.tool && { host }) };
    this.notes.clearFindings();
    await this.show({ call: true });
  }

  async openSimulation(name: string): Promise<void> {
    try {
      const loaded = momentOf(await api.load(name));
      const app = this.scene?.apps.find(({ tools }) => tools.some((tool) => tool.name === loaded.tool));
      if (!app) throw new Error(`The simulation ${name} is for the tool ${loaded.tool}, which no app here has.`);
      this.acting = { ...this.acting, path: app.path };
      this.moment = loaded;
      this.simulation = name;
      this.trouble = "";
      this.notes.clearFindings();
      history.replaceState(null, "", `#simulation=${encodeURIComponent(name)}`);
      await this.show({ call: loaded.output === null });
    } catch (error) {
      this.#failed(error);
    }
  }

  async save(name: string): Promise<boolean> {
    try {
      await api.save(name, simulationOf(this.moment));
      this.simulation = name;
      history.replaceState(null, "", `#simulation=${encodeURIComponent(name)}`);
      await this.#readScene();
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  /** Fetch the widget and open it; with `call` its tool is called as well, where that changes nothing. */
  async show({ call = false, edited = false } = {}): Promise<void> {
    const number = ++this.#loading;
    const { tool } = this;
    const uri = tool && widgetOf(tool);
    if (!tool || !uri) {
      this.#away();
      this.#changed();
      return;
    }
    const harmless = fieldsOf(tool.annotations).readOnlyHint === true;
    const needsResult = this.moment.output === null && (this.moment.state === "result" || this.moment.state === "slow");
    if (call && harmless && needsResult) void this.call();
    try {
      const widget = await api.widget(this.acting, uri);
      // The newest one is shown already, and was edited in nothing.
      if (number !== this.#loading || (edited && widget.uri === this.shown?.widget.uri)) return;
      if (edited) this.notes.clearFindings();
      for (const { weight, about, problem, fix } of [...(this.app?.findings ?? []), ...widget.findings]) {
        this.notes.finding(weight, about, problem, fix);
      }
      this.shown = { widget, tool };
      this.trouble = "";
      this.#anew();
    } catch (error) {
      // The last good widget stays.
      if (number === this.#loading) this.#failed(error);
    }
  }

  /** Call the tool for real; what it gives is the moment's result. */
  async call(): Promise<void> {
    const { tool, input } = this.moment;
    this.calling = true;
    this.#changed();
    try {
      const meta = { "openai/locale": this.moment.host.locale };
      const called = await api.callTool({ ...this.acting, tool, arguments: input, by: "chat", meta });
      if (this.moment.tool !== tool) return;
      const { result } = called;
      const failed = result.isError === true;
      const took = `${Math.round(called.milliseconds)} ms, ${called.bytes} bytes, about ${tokensOf(result)} tokens`;
      this.lastCall = `${failed ? "Refused" : "Answered"} in ${took}`;
      measureResult(this.notes, tool, called);
      const text = blocksOf(result);
      const output = isFields(result.structuredContent) ? result.structuredContent : null;
      const state = failed ? "failed" : this.moment.state === "failed" ? "result" : this.moment.state;
      this.set({ output, text, meta: fieldsOf(result._meta), state });
    } catch (error) {
      this.#failed(error);
    } finally {
      this.calling = false;
      this.#changed();
    }
  }

  // --- changing the moment ---

  set(changed: Partial<Moment>): void {
    this.moment = { ...this.moment, ...changed };
    this.#host?.follow(this.moment);
    this.#changed();
  }

  /** A state is begun from the beginning: a widget cannot forget a result. */
  begin(state: State): void {
    const tells = (one: State) => one === "failed" || one === "cancelled";
    let { text } = this.moment;
    // The text of a result is no reason for a failure, and comes back with the result.
    if (tells(state) && !tells(this.moment.state)) [this.#resultText, text] = [text, ""];
    else if (!tells(state) && tells(this.moment.state)) text = this.#resultText || text;
    this.moment = { ...this.moment, state, text };
    if (this.shown) this.#anew();
    if (this.moment.output === null && (state === "result" || state === "slow")) void this.call();
    this.#changed();
  }

  setHost(changed: Partial<HostState>): void {
    const host = { ...this.moment.host, ...changed };
    const elsewhere = host.displayMode !== this.moment.host.displayMode || host.device !== this.moment.host.device;
    if (elsewhere && changed.height === undefined) host.height = HEIGHTS[host.displayMode][host.device];
    const another = host.profile !== this.moment.host.profile;
    if (another && host.profile === "mcp-apps" && host.displayMode === "pip") host.displayMode = "inline";
    this.moment = { ...this.moment, host };
    if (another && this.shown) this.#anew();
    else this.#host?.follow(this.moment);
    this.#changed();
  }

  setDevice(device: Device): void {
    this.setHost(DEVICES[device]);
  }

  setWidgetState(widgetState: unknown): void {
    this.moment = { ...this.moment, widgetState };
    this.#host?.setWidgetState(widgetState);
    this.#changed();
  }

  act(acting: Partial<api.Acting>): void {
    this.acting = { ...this.acting, ...acting };
    this.#changed();
  }

  // --- the widget ---

  /** Put the widget that is shown into `place`; a component calls this when there is a place. */
  mount(place: HTMLElement): () => void {
    if (!this.shown) return () => {};
    const stands = (standing: Standing) => {
      this.standing = standing;
      this.#changed();
    };
    const resized = ({ height }: { width?: number; height?: number }) => {
      if (height !== undefined) this.contentHeight = Math.min(height, 10_000);
      this.#changed();
    };
    this.standing = "opening";
    const host = new Host(place, this.#stage(), this.shown, resized, stands);
    this.#host = host;
    return () => {
      host.end();
      if (this.#host === host) this.#host = null;
    };
  }

  mountModal(place: HTMLElement): () => void {
    if (!this.modal) return () => {};
    const stage = Object.assign(this.#stage(), { close: () => this.closeModal() });
    const host = new Host(place, stage, this.modal, () => {}, () => {});
    return () => host.end();
  }

  closeModal(): void {
    this.modal = null;
    this.#changed();
  }

  reload(): void {
    void this.show();
  }

  stop(): void {
    this.#host?.end();
  }

  async close(): Promise<void> {
    await this.#host?.close();
  }

  async ping(): Promise<boolean> {
    return (await this.#host?.ping()) ?? false;
  }

  #stage(): Stage {
    const acting = () => this.acting;
    return {
      moment: this.moment,
      notes: this.notes,
      redirects: this.shown?.widget.redirects ?? [],
      /** As it is when the widget asks: somebody else may be chosen while it is open. */
      get asking() {
        return acting();
      },
      change: (host) => this.setHost(host),
      keep: (widgetState) => {
        this.moment = { ...this.moment, widgetState };
        this.#changed();
      },
      tell: (context) => {
        this.modelContext = context;
        this.#changed();
      },
      say: (kind, text, note = "") => {
        this.said = [...this.said.slice(1 - MOST_SAID), { number: ++this.#lastSaid, kind, text, note }];
        this.#changed();
      },
      close: () => void this.close(),
      modal: (params, template) => void this.#openModal(params, template),
    };
  }

  async #openModal(params: Fields, template: string): Promise<void> {
    if (!this.shown) return;
    try {
      const widget = template ? await api.widget(this.acting, template) : this.shown.widget;
      this.modal = { widget, tool: this.shown.tool, modal: params };
    } catch (error) {
      this.notes.finding("error", "requestModal", wordsOf(error), "Name a widget of this app, or none for the same one.");
    }
    this.#changed();
  }

  #anew(): void {
    this.opened += 1;
    this.contentHeight = 0;
    this.modal = null;
    this.#changed();
  }

  #away(): void {
    this.shown = null;
    this.modal = null;
  }

  async #openFragment(): Promise<void> {
    const name = new URLSearchParams(location.hash.slice(1)).get("simulation");
    if (name !== null) {
      if (name !== this.simulation) await this.openSimulation(name);
    }
    if (this.moment.tool && this.tool) return;
    const { trouble } = this;
    const first = this.scene?.apps.flatMap(({ path, tools }) => tools.filter(widgetOf).map((tool) => ({ path, tool })))[0];
    if (first) await this.choose(first.path, textOf(first.tool.name));
    this.trouble ||= trouble;
  }

  async #readScene(): Promise<void> {
    this.scene = await api.scene();
    if (!this.scene.actors.some(({ id }) => id === this.acting.who)) this.acting = { ...this.acting, who: "tester", grant: "" };
    if (!this.app) this.acting = { ...this.acting, path: this.scene.apps[0]?.path ?? "" };
  }

  async #heard({ kind, path }: Fields): Promise<void> {
    if (this.access === "missing" && kind === "app") return this.open();
    if (this.access !== "open" || (kind !== "app" && kind !== "widget" && kind !== "simulations")) return;
    try {
      // An edit is seen before anything else is asked: under an old address the newest page comes as well.
      const seen = kind === "widget" && path === this.acting.path && this.shown ? this.show({ edited: true }) : undefined;
      await this.#readScene();
      await seen;
      if (kind === "app" && !this.tool) await this.#openFragment();
      else if (kind === "app" || !this.shown) await this.show({ edited: this.shown !== null });
    } catch (error) {
      this.#failed(error);
    }
    this.#changed();
  }

  #failed(error: unknown): void {
    if (error instanceof api.NoSession) this.access = "missing";
    else this.trouble = wordsOf(error);
    this.#changed();
  }

  /** Redraw once, however much has changed until then. */
  #changed(): void {
    if (this.#drawing) return;
    this.#drawing = true;
    queueMicrotask(() => {
      this.#drawing = false;
      for (const listener of [...this.#listeners]) listener();
    });
  }
}

/** The address of the widget that shows a tool's results; empty: none does. */
export function widgetOf(tool: Fields): string {
  const meta = fieldsOf(tool._meta);
  return textOf(fieldsOf(meta.ui).resourceUri) || textOf(meta["openai/outputTemplate"]);
}

function blocksOf({ content }: Fields): string {
  const blocks = Array.isArray(content) ? content : [];
  return blocks.map((block) => textOf(fieldsOf(block).text)).join("\n");
}
