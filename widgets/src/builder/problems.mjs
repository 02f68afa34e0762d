// What a failed build says, as file, line, column (both from 1; 0: not known) and one sentence.

import { basename, dirname, join, resolve } from "node:path";
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
  const line = error.loc?.line ?? Number(place?.[2] ?? 0);
  const column = error.loc ? error.loc.column + 1 : Number(place?.[3] ?? 0);
  const where = error.loc?.file ?? error.id ?? (place ? resolve(place[1]) : file);
  return { file: plain(where), line, column, message: inOurWords(error) ?? sentence(said) };
}

/** Where the bundler's own sentence names paths. */
function inOurWords({ code, exporter = "", message }) {
  if (code === "UNRESOLVED_IMPORT") return `There is no file "${exporter}".`;
  const name = code === "MISSING_EXPORT" && /"([^"]+)" is not exported/.exec(message)?.[1];
  if (!name) return null;
  return `There is no "${name}" in ${exporter.startsWith(kit) ? '"homeport"' : basename(exporter)}.`;
}

const plain = (id) => id.replace(/^\0/, "").replace(/\?.*$/, "");

/** The first line, without the names of plugins and error codes before it. */
function sentence(said) {
  const first = said.split("\n")[0].trim();
  return first.replace(/^(?:\[[\w:. -]+\]:?\s*|\w*Error:\s+)+/, "") || "The widget cannot be built.";
}
