// JSON-RPC 2.0 with the page around this one, over postMessage. It knows the shape of messages, never their meaning.

export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

/**
 * The host did not do what the widget asked for: it did not answer in time ("timeout"), cannot do it ("unsupported"),
 * said no ("refused"), or there is no host at all ("absent").
 */
export class HostError extends Error {
  constructor(
    readonly code: "timeout" | "unsupported" | "refused" | "absent",
    message: string,
  ) {
    super(message);
    this.name = "HostError";
  }
}

export interface Wire {
  /** The result, however late it comes, or a HostError. */
  request(method: string, params: Fields): Promise<Fields>;
  notify(method: string, params: Fields): void;
}

interface Waiting {
  answered(result: Fields): void;
  failed(error: HostError): void;
}

// JSON-RPC 2.0, section 5.1.
const METHOD_NOT_FOUND = -32601;

/** Open the wire. `received` gets each well-formed message; what it returns answers a request, undefined refuses it. */
export function openWire(received: (method: string, params: Fields) => Fields | undefined): Wire {
  const waiting = new Map<unknown, Waiting>();
  let lastId = 0;
  // The parent is a sandbox proxy of unknown origin, so no target origin can be named (MCP Apps, "Sandbox proxy").
  const post = (message: Fields) => parent.postMessage({ jsonrpc: "2.0", ...message }, "*");

  addEventListener("message", ({ source, data }) => {
    if (source !== parent || !isFields(data) || data.jsonrpc !== "2.0") return;
    const { id, method, params, error } = data;
    if (typeof method === "string") {
      const result = received(method, fieldsOf(params));
      if (id === undefined) return;
      post(result ? { id, result } : { id, error: { code: METHOD_NOT_FOUND, message: "Method not found" } });
      return;
    }
    const asked = waiting.get(id);
    if (!asked || !("result" in data || isFields(error))) return;
    waiting.delete(id);
    if (!isFields(error)) return asked.answered(fieldsOf(data.result));
    const code = error.code === METHOD_NOT_FOUND ? "unsupported" : "refused";
    asked.failed(new HostError(code, typeof error.message === "string" ? error.message : "The chat refused this."));
  });

  return {
    request: (method, params) =>
      new Promise((answered, failed) => {
        waiting.set(++lastId, { answered, failed });
        post({ id: lastId, method, params });
      }),
    notify: (method, params) => post({ method, params }),
  };
}

/** What `begun` gives, or a HostError with the code "timeout". */
export function within<T>(seconds: number, begun: Promise<T>): Promise<T> {
  const late = new Promise<never>((_, failed) =>
    setTimeout(() => failed(new HostError("timeout", `The chat did not answer within ${seconds} seconds.`)), seconds * 1000),
  );
  return Promise.race([begun, late]);
}
