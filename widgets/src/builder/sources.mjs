// What a widget may be made of: files of its own folder, packages that its author has installed, and Homeport's kit.

import { readFile, realpath } from "node:fs/promises";
import { builtinModules } from "node:module";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { transform } from "lightningcss";
import { DIALECT, isBelow, isInstalled, LEADS_OUT, own, PLAIN_CSS } from "./reading.mjs";

const PACKAGE = /^(?:@[^/]+\/)?[^/]+/;

const plain = (id) => id.replace(/\?.*$/, "");

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
    if (!isBelow(real, await realpath(root))) await refuse(`"${text}" ${LEADS_OUT}`, importer, text);
    files.add(real);
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
        if (DIALECT.test(found.id)) return refuse(`"${id}" ${PLAIN_CSS}`, importer, id);
        await check(found.id, importer, id);
        return found;
      },
    },
    async buildEnd(error) {
      // What import.meta.glob finds is not resolved.
      if (!error) for (const id of this.getModuleIds()) if (isAbsolute(id)) await check(id, root, basename(plain(id)));
    },
    transform: {
      // Vite reads what a stylesheet names by itself: `reading.mjs` keeps it in, and here it is said with its place.
      filter: { id: [/\.css(?:$|\?)/, DIALECT] },
      async handler(_, id) {
        if (DIALECT.test(id)) throw new Error(`"${basename(plain(id))}" ${PLAIN_CSS}`);
        if (!isInstalled(plain(id)) && !isBelow(plain(id), own)) await checkStyle(plain(id));
        return null;
      },
    },
  };

  async function checkStyle(file) {
    for (const { text, isImport } of await namedIn(file)) {
      if (/^(?:[a-z][a-z0-9+.-]*:|\/\/|#)/i.test(text)) continue;
      const path = decoded(text.replace(/[?#].*$/, ""));
      const named = path.startsWith("/") ? join(root, path) : resolve(dirname(file), path);
      const isPackage = isImport && !/^[./]/.test(path) && (await realpath(named).catch(() => null)) === null;
      if (isPackage) continue; // Vite finds it, or says that it is not there.
      if (DIALECT.test(named)) await refuse(`"${text}" ${PLAIN_CSS}`, file, text);
      const before = files.size;
      await check(named, file, text);
      if (isImport && files.size > before) await checkStyle(named);
    }
  }
}

/** What a stylesheet names, as the parser that Vite uses reads it; nothing where that cannot read it, and says so. */
async function namedIn(file) {
  const code = await readFile(file);
  try {
    const { dependencies, exports } = transform({
      filename: file,
      code,
      analyzeDependencies: true,
      cssModules: file.endsWith(".module.css"),
    });
    const composed = Object.values(exports || {}).flatMap(({ composes }) => composes);
    return [
      ...dependencies.map(({ url, type }) => ({ text: url, isImport: type === "import" })),
      ...composed.filter(({ type }) => type === "dependency").map(({ specifier }) => ({ text: specifier, isImport: true })),
    ];
  } catch {
    return [];
  }
}

function decoded(path) {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}
