// A setting's value between JSON, as Homeport gives and takes it, and the text of its field. What is wrong with a value says
// Homeport, with the words it uses everywhere: here nothing is judged.

import type { SettingLine } from "./types";

export function toText(kind: SettingLine["kind"], json: string): string {
  const value: unknown = json === "" ? "" : JSON.parse(json);
  if (value === null || value === undefined) return "";
  if (kind === "list" && Array.isArray(value)) return value.join("\n");
  if (kind === "map" && typeof value === "object") {
    return Object.entries(value)
      .map(([name, of]) => `${name} = ${String(of)}`)
      .join("\n");
  }
  return String(value);
}

export function toJson(kind: SettingLine["kind"], text: string): string {
  switch (kind) {
    case "number":
      return /^-?\d+$/.test(text.trim()) ? text.trim() : JSON.stringify(text.trim());
    case "boolean":
      return text === "true" ? "true" : "false";
    case "list":
      return JSON.stringify(linesOf(text));
    case "map":
      return JSON.stringify(Object.fromEntries(linesOf(text).map(pairOf)));
    default:
      return JSON.stringify(text.trim());
  }
}

const linesOf = (text: string) => text.split("\n").map((line) => line.trim()).filter((line) => line !== "");

function pairOf(line: string): [string, string] {
  const [name = "", ...rest] = line.split("=");
  return [name.trim(), rest.join("=").trim()];
}
