// A widget's document with the runtime before everything else in it.

import runtime from "./runtime.js?raw";
import type { Fields } from "./values";

/** `values` and `methods` become window.openai; without methods there is none. */
export function withRuntime(html: string, values: Fields, methods: string[]): string {
  const settings = JSON.stringify({ values, methods }).replace(/</g, "\\u003c");
  // Behind the doctype, which must stay first. The parser opens <html> and <head> by itself here, and takes the widget's
  // own ones for the same; a search for <head> would find one inside a comment as well.
  const code = `(${runtime.slice(runtime.indexOf("(settings)"))})(${settings})`.replace(/\n/g, "\n");
  const start = /^\s*(?:<!--[\s\S]*?-->\s*)*<!doctype[^>]*>/i.exec(html)?.[0] ?? "";
  return `${start}<script>${code}</script>${html.slice(start.length)}`;
}
