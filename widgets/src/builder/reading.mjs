// The door to the disk. Vite reads what a stylesheet or `new URL(…, import.meta.url)` names by itself, and asks no plugin.

import fs, { realpathSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { basename, dirname, sep } from "node:path";

export const own = dirname(import.meta.dirname);
export const isBelow = (file, folder) => file.startsWith(folder.endsWith(sep) ? folder : folder + sep);
export const isInstalled = (file) => /[\\/]node_modules[\\/]/.test(file);
/** What Vite reads only with a program that it looks for in the author's node_modules, and would run. */
export const DIALECT = /\.(?:sass|scss|less|styl|stylus|pcss|postcss|sss)(?:$|\?)/;
export const LEADS_OUT = "leads out of the folder of the widgets, and they may be made of its files only.";
export const PLAIN_CSS = "is no plain CSS, and Homeport reads nothing else: nesting works in it too.";

const roots = new Set();

/** From now on the files below `root` may be read, besides packages and Homeport's own. */
export const open = (root) => roots.add(realpathSync(root));

function demand(file) {
  if (typeof file !== "string") return;
  if (DIALECT.test(file)) throw new Error(`"${basename(file)}" ${PLAIN_CSS}`);
  let real;
  try {
    real = realpathSync(file);
  } catch {
    return; // It is not there, and who reads it says so.
  }
  const mayBeRead = isBelow(real, own) || isInstalled(real) || [...roots].some((root) => isBelow(real, root));
  if (!mayBeRead && basename(real) !== "package.json") throw new Error(`"${basename(file)}" ${LEADS_OUT}`);
}

const { readFile, readFileSync } = fs;
const readLater = fs.promises.readFile;
fs.readFile = (file, ...rest) => {
  try {
    demand(file);
  } catch (error) {
    return process.nextTick(rest.at(-1), error);
  }
  return readFile(file, ...rest);
};
fs.readFileSync = (file, ...rest) => {
  demand(file);
  return readFileSync(file, ...rest);
};
fs.promises.readFile = async (file, ...rest) => {
  demand(file);
  return readLater(file, ...rest);
};
syncBuiltinESMExports();
