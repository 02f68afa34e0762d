// What a failed build says, as file, line, column (both from 1; 0: not known) and one sentence.

import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";

const kit = join(dirname(import.meta.dirname), "kit");
const PLACE = /╭─\[ (.+):(\d+):(\d+) \]/;

/** One problem for each thing that is wrong in `error`; where nothing says which file it is in, it is `file`. */
export function problemsOf(error, file) {
  const errors = Array.isArray(error?.errors) && error.errors.length > 0 ? error.errors : [error];
  return errors.map((one) => problemOf(one, file));
}

function problemOf(error, file) {
  const said = stripVTControlCharacters(String(error?.message ?? error));
  const place = PLACE.exec(said);
  // What was thrown may be anything: a number that is none would be null in JSON.
  const line = error?.loc?.line ?? Number(place?.[2] ?? 0);
  const column = error?.loc ? (error.loc.column ?? -1) + 1 : Number(place?.[3] ?? 0);
  const where = String(error?.loc?.file ?? error?.id ?? (place ? resolve(place[1]) : file));
  const message = inOurWords(error ?? {}) ?? sentence(said);
  return isAbsolute(plain(where)) ? { file: plain(where), line, column, message } : { file, line: 0, column: 0, message };
}

/** Where the bundler's own sentence names paths. */
function inOurWords({ code, exporter = "", message = "" }) {
  const unread = /Could not load (\S+)/.exec(message)?.[1];
  if (unread) return `${basename(unread)} cannot be read: it is text in UTF-8.`;
  if (code === "UNRESOLVED_IMPORT") return `There is no file "${exporter}".`;
  const name = code === "MISSING_EXPORT" && /"([^"]+)" is not exported/.exec(message)?.[1];
  if (!name) return null;
  return `There is no "${name}" in ${exporter.startsWith(kit) ? '"homeport"' : basename(exporter)}.`;
}

const plain = (id) => id.replace(/^\0/, "").replace(/\?.*$/, "");

/** The first line that says something, without the names of plugins and error codes before it. */
function sentence(said) {
  const lines = said.split("\n").map((line) => line.trim().replace(/^(?:\[[\w:. -]+\]:?\s*|\w*Error:\s+)+/, ""));
  // A worker's build inside the page's has a head of its own.
  return lines.find((line) => line && !/^Build failed with|^\/\S*:\d+:\d+$/.test(line)) ?? "The widget cannot be built.";
}
