// Builds every folder of src/ into dist/: one with an index.html into one self-contained file, dist/<folder>.html; one
// with a main.tsx alone into dist/<folder>.js and .css, for a page that the server renders. dist/licenses.txt is what
// the bundled packages ask to be passed on, kit.js the kit for a widget in plain HTML, and toolchain/ what builds the
// widgets of an app. The files change only when all of them were built: a failure leaves the last good ones as they are.

import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { build } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";
import { packToolchain } from "./src/builder/pack.mjs";
import { kitAliases, onlyWhatIsUsed } from "./src/kit/vite.mjs";
import { onlySignIn } from "./src/sign-in/only-sign-in.mjs";

const source = join(import.meta.dirname, "src");
const staging = join(import.meta.dirname, ".staging");
const dist = join(import.meta.dirname, "dist");

// Browsers that know light-dark() since 2024: lowered, it would no longer follow the color-scheme of an element.
const cssTarget = ["chrome123", "firefox120", "safari17.5"];

const isFile = (path) => stat(path).then((found) => found.isFile(), () => false);

const common = (name, options) => ({
  root: join(source, name),
  configFile: false,
  envDir: false,
  publicDir: false,
  logLevel: "warn",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  ...options,
  build: {
    outDir: join(staging, name),
    emptyOutDir: true,
    target: "es2022",
    cssTarget,
    modulePreload: false,
    ...options.build,
  },
});

/** Where a bundled module comes from: the folder of its package, or null for our own sources. */
const PACKAGE = /^\0?(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)/;
const packageOf = (id) => PACKAGE.exec(id)?.[1] ?? null;
const bundled = new Set();
const noteBundled = {
  name: "note-bundled",
  generateBundle(_, bundle) {
    for (const chunk of Object.values(bundle)) {
      for (const id of chunk.moduleIds ?? []) bundled.add(packageOf(id));
    }
  },
};

async function buildPage(name) {
  const plugins = [noteBundled, onlyWhatIsUsed(), viteSingleFile({ removeViteModuleLoader: true })];
  await build(common(name, { plugins, resolve: { alias: kitAliases } }));
  return [["index.html", `${name}.html`]];
}

async function buildScript(name) {
  const rolldownOptions = {
    input: join(source, name, "main.tsx"),
    output: { codeSplitting: false, entryFileNames: `${name}.js`, assetFileNames: `${name}[extname]` },
  };
  await build(common(name, { plugins: [onlySignIn(), noteBundled], build: { rolldownOptions } }));
  return [
    [`${name}.js`, `${name}.js`],
    [`${name}.css`, `${name}.css`],
  ];
}

/** The kit for a widget in plain HTML, which is not built; its style is in the script. */
async function buildPlainKit() {
  const rolldownOptions = {
    input: join(source, "kit", "plain.ts"),
    output: { codeSplitting: false, format: "iife", entryFileNames: "kit.js" },
  };
  await build(common("kit", { plugins: [noteBundled], resolve: { alias: kitAliases }, build: { rolldownOptions } }));
}

async function licences() {
  const texts = [];
  for (const folder of [...bundled].filter((folder) => folder !== null).sort()) {
    const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf-8"));
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? (await readFile(join(folder, file), "utf-8")).trim() : "";
    texts.push(`${name} ${version} (${license ?? "see its text"})\n\n${text}`.trim());
  }
  return texts.join(`\n\n${"-".repeat(80)}\n\n`) + "\n";
}

await rm(staging, { recursive: true, force: true });
try {
  const made = new Map([["licenses.txt", join(staging, "licenses.txt")]]);
  for (const name of (await readdir(source)).sort()) {
    const isPage = await isFile(join(source, name, "index.html"));
    if (!isPage && !(await isFile(join(source, name, "main.tsx")))) continue;
    const files = await (isPage ? buildPage(name) : buildScript(name));
    for (const [from, to] of files) made.set(to, join(staging, name, from));
  }
  await buildPlainKit();
  made.set("kit.js", join(staging, "kit", "kit.js"));
  await packToolchain(join(import.meta.dirname, "package-lock.json"), join(staging, "toolchain"));
  await writeFile(join(staging, "licenses.txt"), await licences());
  await mkdir(dist, { recursive: true });
  for (const [to, from] of made) await rename(from, join(dist, to));
  await rm(join(dist, "toolchain"), { recursive: true, force: true });
  await rename(join(staging, "toolchain"), join(dist, "toolchain"));
  for (const file of await readdir(dist)) {
    if (/\.(?:html|js|css)$/.test(file) && !made.has(file)) await rm(join(dist, file));
  }
} catch (error) {
  console.error(stripVTControlCharacters(error.message));
  process.exitCode = 1;
} finally {
  await rm(staging, { recursive: true, force: true });
}
