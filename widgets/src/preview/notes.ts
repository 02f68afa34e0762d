// What the preview writes down: every message both ways, and what is to be mended. Both have an end.

import { cut, jsonOf } from "./values";

export type Weight = "error" | "warning" | "note";

export interface Finding {
  weight: Weight;
  about: string;
  problem: string;
  fix: string;
}

/** A finding, and how often it came up. */
export interface Found extends Finding {
  times: number;
}

export interface Message {
  number: number;
  /** Milliseconds since the widget was opened. */
  at: number;
  from: "widget" | "host";
  bridge: "MCP Apps" | "window.openai" | "preview";
  name: string;
  body: string;
}

const MOST_MESSAGES = 500;
const MOST_FINDINGS = 200;
const LONGEST_BODY = 20_000;
const LONGEST_WORDS = 600;

export class Notes {
  messages: Message[] = [];
  found: Found[] = [];
  #last = 0;
  #began = performance.now();

  constructor(private readonly changed: () => void) {}

  /** A widget is opened: its time begins, what was said before stays. */
  begin(): void {
    this.#began = performance.now();
  }

  message(from: Message["from"], bridge: Message["bridge"], name: string, body: unknown): void {
    const text = body === undefined ? "" : cut(jsonOf(body, 2) ?? String(body), LONGEST_BODY);
    const at = Math.round(performance.now() - this.#began);
    const message = { number: ++this.#last, at, from, bridge, name: cut(name, 120), body: text };
    this.messages = [...this.messages.slice(1 - MOST_MESSAGES), message];
    this.changed();
  }

  finding(weight: Weight, about: string, problem: string, fix: string): void {
    const finding = { weight, about: cut(about, 120), problem: cut(problem, LONGEST_WORDS), fix };
    const place = this.found.findIndex((one) => one.about === finding.about && one.problem === finding.problem);
    const before = this.found[place];
    if (before) this.found = this.found.map((one) => (one === before ? { ...one, times: one.times + 1 } : one));
    else if (this.found.length < MOST_FINDINGS) this.found = [...this.found, { ...finding, times: 1 }];
    else return;
    this.changed();
  }

  clearMessages(): void {
    this.messages = [];
    this.changed();
  }

  clearFindings(): void {
    this.found = [];
    this.changed();
  }
}
