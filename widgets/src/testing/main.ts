// The page in which an app author's tests open a widget: the preview's host and nothing around it. A test steers it through
// `window.homeport`, and answers what it asks of /api/.

import "./testing.css";
import { SESSION } from "../dashboard/api";
import type { Stage } from "../preview/deeds";
import { Host, type Shown } from "../preview/host";
import { DEVICES, momentOf, type HostState, type Moment } from "../preview/moment";
import { Notes, type Finding } from "../preview/notes";
import { fieldsOf, type Fields } from "../preview/values";

/** After what the widget has sent: what the browser reports of it comes a moment later. */
const REPORTS_MS = 50;

interface Opening {
  simulation: Fields;
  /** Laid over the simulation's: a device brings its measures along. */
  host: Partial<HostState>;
  shown: Shown;
}

interface Said {
  kind: string;
  text: string;
}

class TestStage implements Stage {
  readonly notes = new Notes(() => {});
  readonly asking = { path: "/mcp", who: "tester", grant: "", scopes: [] };
  readonly said: Said[] = [];
  readonly redirects: string[];
  told: Fields | null = null;
  closed = false;
  readonly #place = document.createElement("div");
  readonly #host: Host;
  #height = 0;

  constructor(
    public moment: Moment,
    shown: Shown,
  ) {
    this.redirects = shown.widget.redirects;
    document.body.replaceChildren(this.#place);
    this.#lay();
    this.#host = new Host(
      this.#place,
      this,
      shown,
      ({ height }) => {
        this.#height = height ?? this.#height;
        this.#lay();
      },
      () => {},
    );
  }

  change(host: Partial<HostState>): void {
    this.#host.follow({ ...this.moment, host: { ...this.moment.host, ...host } });
    this.#lay();
  }

  keep(state: unknown): void {
    this.moment = { ...this.moment, widgetState: state };
  }

  tell(context: Fields): void {
    this.told = context;
  }

  say(kind: Said["kind"], text: string): void {
    this.said.push({ kind, text });
  }

  modal(params: Fields): void {
    this.say("modal", JSON.stringify(params));
  }

  close(): void {
    this.closed = true;
    this.#host.end();
  }

  /** Hear all that the widget has said until now. */
  async settle(): Promise<void> {
    await this.#host.ping();
    await new Promise((done) => setTimeout(done, REPORTS_MS));
  }

  #lay(): void {
    const { theme, displayMode, width, height } = this.moment.host;
    document.documentElement.dataset.theme = theme;
    this.#place.style.width = `${width}px`;
    this.#place.style.height = displayMode === "inline" ? `${this.#height || height}px` : "100vh";
  }
}

/** What a test reads. */
interface Report {
  findings: Finding[];
  said: Said[];
  told: Fields | null;
  widgetState: unknown;
  displayMode: string;
  closed: boolean;
}

class Testing {
  #stage: TestStage | undefined;

  open({ simulation, host, shown }: Opening): void {
    const device = host.device && DEVICES[host.device];
    this.#stage = new TestStage(momentOf({ ...simulation, host: { ...fieldsOf(simulation.host), ...device, ...host } }), shown);
  }

  change(host: Partial<HostState>): void {
    this.#open.change({ ...(host.device && DEVICES[host.device]), ...host });
  }

  async report(): Promise<Report> {
    const stage = this.#open;
    await stage.settle();
    const { notes, said, told, moment, closed } = stage;
    return { findings: notes.found, said, told, widgetState: moment.widgetState, displayMode: moment.host.displayMode, closed };
  }

  get #open(): TestStage {
    if (!this.#stage) throw new Error("No widget is open.");
    return this.#stage;
  }
}

declare global {
  interface Window {
    homeport: Testing;
  }
}

localStorage.setItem(SESSION, "testing");
window.homeport = new Testing();
