// Builds every folder of src/ that has an index.html into one self-contained file, dist/<folder>.html.
// The files in dist/ change only when all of them were built: a failure leaves the last good ones as they are.

import { mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { build } from "vite";
import { viteSingleFile } from "vite-plugin-singlefile";

const source = join(import.meta.dirname, "src");
const staging = join(import.meta.dirname, ".staging");
const dist = join(import.meta.dirname, "dist");

// Browsers that know light-dark() since 2024: lowered, it would no longer follow the color-scheme of an element.
const cssTarget = ["chrome123", "firefox120", "safari17.5"];

const isFile = (path) => stat(path).then((found) => found.isFile(), () => false);

const names = [];
for (const folder of (await readdir(source)).sort()) {
  if (await isFile(join(source, folder, "index.html"))) names.push(folder);
}

await rm(staging, { recursive: true, force: true });
try {
  for (const name of names) {
    await build({
      root: join(source, name),
      configFile: false,
      envDir: false,
      publicDir: false,
      logLevel: "warn",
      plugins: [viteSingleFile({ removeViteModuleLoader: true })],
      oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
      build: { outDir: join(staging, name), emptyOutDir: true, target: "es2022", cssTarget, modulePreload: false },
    });
  }
  await mkdir(dist, { recursive: true });
  for (const name of names) await rename(join(staging, name, "index.html"), join(dist, `${name}.html`));
  for (const file of await readdir(dist)) {
    if (file.endsWith(".html") && !names.includes(file.slice(0, -".html".length))) await rm(join(dist, file));
  }
} catch (error) {
  console.error(stripVTControlCharacters(error.message));
  process.exitCode = 1;
} finally {
  await rm(staging, { recursive: true, force: true });
}
