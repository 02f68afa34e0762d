// Packs what builds a widget of an app: the kit, this builder, and the part of our own lock file that they need.

import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const source = dirname(import.meta.dirname);
/** What the builder imports, and the type check. */
const NEEDED = ["preact", "typescript", "vite"];
const NAME = "homeport-toolchain";

/** Fills the folder `out` from `lockFile`, npm's own of these sources. */
export async function packToolchain(lockFile, out) {
  const { packages } = JSON.parse(await readFile(lockFile, "utf-8"));
  const versions = { ...packages[""].dependencies, ...packages[""].devDependencies };
  const root = { name: NAME, dependencies: Object.fromEntries(NEEDED.map((name) => [name, versions[name]])) };
  const lock = { name: NAME, lockfileVersion: 3, requires: true, packages: { "": root, ...reached(packages) } };
  await mkdir(out, { recursive: true });
  await writeFile(join(out, "package.json"), json({ ...root, private: true }));
  await writeFile(join(out, "package-lock.json"), json(lock));
  await cp(join(source, "kit"), join(out, "kit"), { recursive: true });
  await cp(join(source, "builder"), join(out, "builder"), {
    recursive: true,
    filter: (file) => file !== import.meta.filename,
  });
}

const json = (value) => `${JSON.stringify(value, null, 1)}\n`;

/** The packages that NEEDED lead to. */
function reached(packages) {
  const found = new Set();
  const visit = (place) => {
    if (place === undefined || found.has(place)) return;
    found.add(place);
    const { dependencies, optionalDependencies } = packages[place];
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) visit(nearest(packages, place, name));
  };
  for (const name of NEEDED) visit(nearest(packages, "", name));
  return Object.fromEntries([...found].sort().map((place) => [place, { ...packages[place], dev: undefined }]));
}

/** Where Node would find `name` from `place`: in its own node_modules, or in one above. */
function nearest(packages, place, name) {
  for (let folder = place; ; folder = folder.slice(0, Math.max(folder.lastIndexOf("node_modules/") - 1, 0))) {
    const candidate = `${folder && `${folder}/`}node_modules/${name}`;
    if (candidate in packages) return candidate;
    if (folder === "") return undefined;
  }
}
