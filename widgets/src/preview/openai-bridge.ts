// The host's side of window.openai, as the runtime in the widget's document brings it here. It has what the profile names,
// and a method that is not named cannot be called from there either.

import { Refusal, type Deeds } from "./deeds";
import type { Notes } from "./notes";
import { fieldsOf, isFields, textOf, type Fields } from "./values";

export interface OpenaiHost {
  methods: string[];
  notes: Notes;
  deeds: Deeds;
  send(message: Fields): void;
  resized(size: { height: number }): void;
  wantsToClose(): void;
  modal(params: Fields, template: string): void;
}

export class OpenaiBridge {
  /** What has changed since the widget's document was written; null: the document hears it at once. */
  #early: Fields | null = {};

  constructor(private readonly host: OpenaiHost) {}

  /** The runtime is there. */
  ready(): void {
    const early = this.#early ?? {};
    this.#early = null;
    this.set(early);
  }

  /** Change values of window.openai; the widget gets openai:set_globals. */
  set(globals: Fields): void {
    if (this.host.methods.length === 0 || Object.keys(globals).length === 0) return;
    if (this.#early) return void Object.assign(this.#early, globals);
    this.host.notes.message("host", "window.openai", "openai:set_globals", globals);
    this.host.send({ homeport: "globals", globals });
  }

  async received({ id, method, args }: Fields): Promise<void> {
    const name = textOf(method);
    if (!this.host.methods.includes(name) || typeof id !== "number" || !Array.isArray(args)) {
      return this.host.notes.finding(
        "error",
        "window.openai",
        "It sent a forged call of window.openai.",
        "Call the methods of window.openai, and only those that are there.",
      );
    }
    this.host.notes.message("widget", "window.openai", name, args);
    try {
      const result = await this.#perform(name, args);
      if (result !== undefined) this.host.notes.message("host", "window.openai", `${name}: answer`, result);
      this.host.send({ homeport: "answer", id, result: result ?? {} });
    } catch (error) {
      const words = error instanceof Refusal ? error.message : "The host failed.";
      this.host.notes.message("host", "window.openai", `${name}: refused`, words);
      this.host.send({ homeport: "answer", id, error: words });
    }
  }

  async #perform(name: string, args: unknown[]): Promise<unknown> {
    const { deeds } = this.host;
    const first = fieldsOf(args[0]);
    switch (name) {
      case "callTool":
        return deeds.callTool(args[0], args[1]);
      case "sendFollowUpMessage":
        return deeds.message(textOf(first.prompt));
      case "setWidgetState":
        return deeds.keep(args[0]);
      case "uploadFile":
        return deeds.uploadFile(args[0]);
      case "selectFiles":
        return deeds.selectFiles();
      case "getFileDownloadUrl":
        return deeds.downloadUrl(first.fileId);
      case "requestDisplayMode":
        return { mode: deeds.displayMode(first.mode) };
      case "requestModal":
        return this.host.modal(isFields(first.params) ? first.params : {}, textOf(first.template));
      case "requestClose":
        return this.host.wantsToClose();
      case "notifyIntrinsicHeight":
        if (typeof args[0] !== "number" || !(args[0] >= 0 && args[0] < Infinity)) {
          throw new Refusal("The height is a number of pixels.");
        }
        return this.host.resized({ height: args[0] });
      case "openExternal":
        return deeds.openLink(first.href, first.redirectUrl);
      case "setOpenInAppUrl":
        return deeds.leadToApp(first.href);
      default:
        throw new Refusal(`There is no ${name}.`);
    }
  }
}
