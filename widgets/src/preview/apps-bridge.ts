// The host's side of MCP Apps: JSON-RPC 2.0 over postMessage, in the order of its life cycle. It says what a widget does
// against the protocol, and answers as a strict host does.
// https://github.com/modelcontextprotocol/ext-apps/blob/main/specification/2026-01-26/apps.mdx

import { Refusal, type Deeds } from "./deeds";
import type { Notes } from "./notes";
import { PROFILES, type Profile } from "./profiles";
import { fieldsOf, isFields, jsonOf, textOf, type Fields } from "./values";

const VERSION = "2026-01-26";
const INVALID_REQUEST = -32600;
const METHOD_NOT_FOUND = -32601;
const INVALID_PARAMS = -32602;
const REFUSED = -32000;

type Stage = "silent" | "answered" | "initialized";

/** What this bridge needs of the widget's host. */
export interface AppsHost {
  profile: keyof typeof PROFILES;
  notes: Notes;
  deeds: Deeds;
  send(message: Fields): void;
  context(): Fields;
  /** The widget is ready to hear. */
  initialized(): void;
  resized(size: { width?: number; height?: number }): void;
  wantsToClose(): void;
}

class BadParams extends Error {}

export class AppsBridge {
  stage: Stage = "silent";
  #last = 0;
  readonly #waiting = new Map<unknown, (answer: Fields) => void>();

  constructor(private readonly host: AppsHost) {}

  get #profile(): Profile {
    return PROFILES[this.host.profile];
  }

  /** Tell the widget; before it has said that it is ready it hears nothing. */
  notify(method: string, params: Fields): void {
    if (this.stage === "initialized") this.#send({ method, params });
  }

  /** Ask the widget; false: it has not answered in time. */
  async ask(method: string, params: Fields, milliseconds: number): Promise<boolean> {
    if (this.stage !== "initialized") return true;
    const id = `host-${++this.#last}`;
    const answered = new Promise<boolean>((done) => {
      this.#waiting.set(id, () => done(true));
      setTimeout(() => done(false), milliseconds);
    });
    this.#send({ id, method, params });
    const inTime = await answered;
    this.#waiting.delete(id);
    return inTime;
  }

  /** A message with `jsonrpc`. */
  received(message: Fields): void {
    const { id, method, params } = message;
    if (message.jsonrpc !== "2.0") return this.#malformed("jsonrpc is not \"2.0\"", message);
    if (method === undefined) return this.#answered(message);
    if (typeof method !== "string") return this.#malformed("its method is no text", message);
    this.host.notes.message("widget", "MCP Apps", method, id === undefined ? { params } : { id, params });
    if (params !== undefined && !isFields(params)) return this.#malformed("its params are no object", message);
    if (id === undefined) return this.#notified(method, fieldsOf(params));
    if (typeof id !== "string" && typeof id !== "number") {
      return this.#malformed("its id is neither text nor a number", message);
    }
    void this.#asked(id, method, fieldsOf(params));
  }

  async #asked(id: string | number, method: string, params: Fields): Promise<void> {
    if (this.stage !== "initialized" && method !== "ui/initialize" && method !== "ping") {
      this.#tooEarly(method);
      return this.#refuse(id, INVALID_REQUEST, "The widget is not initialized yet.");
    }
    try {
      const result = await this.#perform(method, params);
      if (result !== undefined) return this.#send({ id, result });
      this.#unknown(method);
      this.#refuse(id, METHOD_NOT_FOUND, "Method not found");
    } catch (error) {
      if (error instanceof BadParams) this.#wrong(method, error.message);
      const code = error instanceof BadParams ? INVALID_PARAMS : REFUSED;
      const words = error instanceof Refusal || error instanceof BadParams ? error.message : "The host failed.";
      this.#refuse(id, code, words);
    }
  }

  /** The answer, or undefined for a method that this host does not have. */
  async #perform(method: string, params: Fields): Promise<Fields | undefined> {
    const { deeds } = this.host;
    switch (method) {
      case "ping":
        return {};
      case "ui/initialize":
        return this.#initialize(params);
      case "tools/call":
        return deeds.callTool(params.name, params.arguments);
      case "resources/read":
        if (typeof params.uri !== "string") throw new BadParams("uri must be text");
        return deeds.relay(method, { uri: params.uri });
      case "resources/list":
      case "resources/templates/list":
        return deeds.relay(method, params);
      case "ui/message":
        deeds.message(textIn(params));
        return {};
      case "ui/open-link":
        deeds.openLink(params.url);
        return {};
      case "ui/update-model-context":
        if (params.content !== undefined && !Array.isArray(params.content)) throw new BadParams("content must be a list");
        deeds.tell(params);
        return {};
      case "ui/request-display-mode":
        return { mode: deeds.displayMode(params.mode) };
      default:
        return undefined;
    }
  }

  #initialize(params: Fields): Fields {
    if (this.stage !== "silent") throw new Refusal("The widget has been initialized already.");
    const { appInfo, appCapabilities, protocolVersion } = params;
    if (typeof fieldsOf(appInfo).name !== "string" || typeof fieldsOf(appInfo).version !== "string") {
      throw new BadParams("appInfo must have name and version, as text");
    }
    if (!isFields(appCapabilities)) throw new BadParams("appCapabilities must be an object");
    if (protocolVersion !== VERSION) {
      this.host.notes.finding(
        "warning",
        "ui/initialize",
        `It speaks the version ${jsonOf(protocolVersion) ?? "missing"}.`,
        `The stable version is ${VERSION}.`,
      );
    }
    this.stage = "answered";
    const { hostInfo, hostCapabilities } = this.#profile;
    return { protocolVersion: VERSION, hostInfo, hostCapabilities, hostContext: this.host.context() };
  }

  #notified(method: string, params: Fields): void {
    if (method === "ui/notifications/initialized") {
      if (this.stage !== "answered") return this.#wrong(method, "it comes once, after the answer to ui/initialize");
      this.stage = "initialized";
      return this.host.initialized();
    }
    if (this.stage !== "initialized") return this.#tooEarly(method);
    switch (method) {
      case "ui/notifications/size-changed": {
        const given = Object.entries({ width: params.width, height: params.height });
        const isMeasure = (value: unknown) => typeof value === "number" && value >= 0 && value < Infinity;
        const size = Object.fromEntries(given.filter(([, value]) => isMeasure(value)));
        if (Object.keys(size).length === 0) return this.#wrong(method, "width and height are numbers of pixels");
        return this.host.resized(size);
      }
      case "ui/notifications/request-teardown":
        if (this.#profile.requestTeardown) return this.host.wantsToClose();
        return this.#unknown(method);
      case "notifications/message":
      case "notifications/cancelled":
        return;
      default:
        this.#unknown(method);
    }
  }

  #answered(message: Fields): void {
    const waiting = this.#waiting.get(message.id);
    if (!waiting || !("result" in message || "error" in message)) {
      return this.#malformed("it has no method, and answers nothing that was asked", message);
    }
    this.host.notes.message("widget", "MCP Apps", "answer", message);
    this.#waiting.delete(message.id);
    waiting(message);
  }

  #send(message: Fields): void {
    const { method, id, result, error, params } = message;
    this.host.notes.message(
      "host",
      "MCP Apps",
      textOf(method) || "answer",
      method ? { id, params } : { id, ...("error" in message ? { error } : { result }) },
    );
    this.host.send({ jsonrpc: "2.0", ...message });
  }

  #refuse(id: string | number, code: number, message: string): void {
    this.#send({ id, error: { code, message } });
  }

  #malformed(why: string, message: Fields): void {
    this.host.notes.message("widget", "MCP Apps", "malformed", message);
    this.host.notes.finding(
      "error",
      "widget",
      `It sent a malformed message: ${why}.`,
      "Send JSON-RPC 2.0, or leave that to the kit.",
    );
    const { id } = message;
    if (message.jsonrpc === "2.0" && "method" in message && (typeof id === "string" || typeof id === "number")) {
      this.#refuse(id, INVALID_REQUEST, `Malformed: ${why}.`);
    }
  }

  #wrong(method: string, why: string): void {
    this.host.notes.finding("error", method, `It is wrong: ${why}.`, "See the specification of MCP Apps, 2026-01-26.");
  }

  #tooEarly(method: string): void {
    this.host.notes.finding(
      "error",
      method,
      "It came before ui/initialize was answered and ui/notifications/initialized was sent.",
      "Wait for the host: the kit does.",
    );
  }

  #unknown(method: string): void {
    const { label, openai } = this.#profile;
    const closes = method === "ui/notifications/request-teardown" && openai.length > 0;
    const instead = closes
      ? "Call window.openai.requestClose() there, or the kit's close()."
      : "Look at hostCapabilities before you ask.";
    this.host.notes.finding("warning", method, `${label} does not have it.`, instead);
  }
}

function textIn({ role, content }: Fields): string {
  const blocks = Array.isArray(content) ? content : isFields(content) ? [content] : undefined;
  if (role !== "user" || !blocks) throw new BadParams("a message has role \"user\" and content, a list of blocks");
  return blocks.map((block) => textOf(fieldsOf(block).text)).join("\n");
}
