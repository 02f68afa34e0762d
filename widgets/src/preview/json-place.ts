// Where JSON goes wrong. Browsers tell the place only sometimes, and each in words of its own.

const TEXT = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/;
const TOKEN = new RegExp(`\\s*(?:[{}[\\],:]|${TEXT.source}|${NUMBER.source}|(?:true|false|null)(?!\\w))`, "y");

type Expected = "value" | "value or ]" | "key or }" | "key" | "colon" | "comma or end";

const WORDS: Record<Expected, string> = {
  value: "a value",
  "value or ]": "a value or ]",
  "key or }": 'a name in "quotation marks" or }',
  key: 'a name in "quotation marks"',
  colon: "a colon",
  "comma or end": "a comma or the end",
};

/** What is wrong with a text that JSON.parse refuses, with line and column. */
export function jsonProblem(text: string): string {
  const open: string[] = [];
  let expected: Expected = "value";
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0];
    const start = at + (/^\s*/.exec(text.slice(at))?.[0].length ?? 0);
    if (start >= text.length) return "This ends too early: a bracket is still open, or something is missing.";
    const next: Expected | undefined = token === undefined ? undefined : after(token.trim(), expected, open);
    const end = at + (token?.length ?? 0);
    const isDone = next === "comma or end" && open.length === 0;
    if (next === undefined || (isDone && text.slice(end).trim() !== "")) {
      const before = text.slice(0, next === undefined ? start : end).split("\n");
      const wanted = next === undefined ? WORDS[expected] : "nothing more";
      return `Line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}: ${wanted} is expected here.`;
    }
    expected = next;
    at = end;
  }
}

/** What may follow `token`; undefined: it may not be here itself. `open` are the brackets around it. */
function after(token: string, expected: Expected, open: string[]): Expected | undefined {
  const takesValue = expected === "value" || expected === "value or ]";
  switch (token) {
    case "{":
    case "[":
      if (!takesValue) return undefined;
      open.push(token);
      return token === "{" ? "key or }" : "value or ]";
    case "}":
    case "]": {
      const empty = token === "}" ? "key or }" : "value or ]";
      if (open.at(-1) !== (token === "}" ? "{" : "[") || (expected !== empty && expected !== "comma or end")) return undefined;
      open.pop();
      return "comma or end";
    }
    case ",":
      if (expected !== "comma or end" || open.length === 0) return undefined;
      return open.at(-1) === "{" ? "key" : "value";
    case ":":
      return expected === "colon" ? "value" : undefined;
    default:
      if (takesValue) return "comma or end";
      return token.startsWith('"') && (expected === "key" || expected === "key or }") ? "colon" : undefined;
  }
}
