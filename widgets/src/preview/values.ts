// Foreign values: everything that comes from a widget, a file or an editor is one of these until it was looked at.

export type Fields = Record<string, unknown>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

export const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** What a person reads of an error. */
export const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** JSON, or undefined for what has none: cycles, BigInt, undefined itself. */
export function jsonOf(value: unknown, indent?: number): string | undefined {
  try {
    return JSON.stringify(value, null, indent);
  } catch {
    return undefined;
  }
}

/** About how many tokens a model counts: a token is some four characters of JSON. */
export const tokensOf = (value: unknown): number => Math.ceil((jsonOf(value) ?? "").length / 4);

/** For the log: the beginning of what would be too long to read. */
export const cut = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most)}…` : text);
