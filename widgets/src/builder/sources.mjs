// What a widget may be made of: files of its own folder, packages that its author has installed, and Homeport's kit.

import { readFile, realpath } from "node:fs/promises";
import { builtinModules } from "node:module";
import { dirname, isAbsolute, join, resolve, sep } from "node:path";

const PACKAGE = /^(?:@[^/]+\/)?[^/]+/;
const STYLE_PART = /@import\s+(?:url\(\s*)?["']?([^"')\s;]+)|url\(\s*["']?([^"')]+)/g;
const own = dirname(import.meta.dirname);

const plain = (id) => id.replace(/\?.*$/, "");
const isBelow = (file, folder) => file.startsWith(folder.endsWith(sep) ? folder : folder + sep);
const isInstalled = (file) => /[\\/]node_modules[\\/]/.test(file);

/** Where `text` stands in `source`: line and column, from 1 and from 0. */
function placeOf(source, text) {
  const before = source.slice(0, Math.max(source.search(new RegExp(`["'(]${RegExp.escape(text)}`)) + 1, 0)).split("\n");
  return { line: before.length, column: before.at(-1).length };
}

class Refused extends Error {
  constructor(message, file, source, text) {
    super(message);
    this.loc = { file, ...placeOf(source, text) };
  }
}

/** A Vite plugin that refuses every other import in words, and notes in `files` what the widget is made of. */
export function onlyFromHere(root, files) {
  const refuse = async (message, importer, text) => {
    const file = plain(importer);
    throw new Refused(message, file, await readFile(file, "utf-8").catch(() => ""), text);
  };

  const check = async (id, importer, text) => {
    const file = plain(id);
    if (isBelow(file, own) || isInstalled(file)) return;
    const real = await realpath(file).catch(() => null);
    if (real === null) return refuse(`There is no file "${text}".`, importer, text);
    if (!isBelow(real, await realpath(root))) {
      await refuse(`"${text}" leads out of the folder of the widgets, and they may be made of its files only.`, importer, text);
    }
    files.add(file);
  };

  return {
    name: "homeport-only-from-here",
    enforce: "pre",
    resolveId: {
      // Not what Vite and Homeport name themselves.
      filter: { id: { exclude: [/^\0/, /^virtual:/, /^data:/] } },
      async handler(id, importer) {
        if (!importer || importer.startsWith("\0") || isBelow(plain(importer), own)) return null;
        if (isInstalled(plain(importer))) return null;
        if (/^(?:https?:)?\/\//.test(id)) {
          return refuse(`"${id}" is on the network, and a widget is one file: install the package instead.`, importer, id);
        }
        if (id.startsWith("node:") || builtinModules.includes(id)) {
          return refuse(`"${id}" is a part of Node, and a widget runs in a browser.`, importer, id);
        }
        const isFile = /^[./]|^[a-z]:[\\/]/i.test(id);
        const found = await this.resolve(id, importer, { skipSelf: true });
        if (found === null && !isFile) {
          const name = PACKAGE.exec(id)?.[0] ?? id;
          return refuse(
            `There is no package "${name}". Homeport brings its kit ("homeport") and Preact (as "react" too); ` +
              `others are yours to install: npm install ${name}, in the folder of the widgets or above it.`,
            importer,
            id,
          );
        }
        if (found === null) return null;
        await check(found.id, importer, id);
        return found;
      },
    },
    async buildEnd(error) {
      // What import.meta.glob finds is not resolved.
      if (!error) for (const id of this.getModuleIds()) if (isAbsolute(id)) await check(id, root, id);
    },
    transform: {
      // Vite reads what a stylesheet names by itself, and asks no plugin.
      filter: { id: /\.css(?:$|\?)/ },
      async handler(_, id) {
        if (!isInstalled(plain(id)) && !isBelow(plain(id), own)) await checkStyle(plain(id));
        return null;
      },
    },
  };

  async function checkStyle(file) {
    const style = await readFile(file, "utf-8");
    for (const [, imported, address] of style.matchAll(STYLE_PART)) {
      const text = imported ?? address;
      if (/^(?:[a-z]+:|\/\/|#)/i.test(text)) continue;
      const named = text.startsWith("/") ? join(root, text) : resolve(dirname(file), text);
      const seen = files.has(plain(named));
      await check(named, file, text);
      if (imported && !seen) await checkStyle(named);
    }
  }
}
