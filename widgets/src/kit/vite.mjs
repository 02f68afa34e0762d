// What Vite has to know to build a widget on the kit, for Homeport's own widgets and for those of an app.

import { join } from "node:path";
import { fileURLToPath } from "node:url";

const kit = (file) => join(import.meta.dirname, file);
// Absolute, because a widget of an app has no node_modules above it.
const preact = (part) => fileURLToPath(import.meta.resolve(`preact${part}`));

/** For `resolve.alias`: the kit is "homeport", and React's names are Preact's. */
export const kitAliases = [
  { find: /^homeport$/, replacement: kit("index.ts") },
  { find: /^homeport\/(tools|plain)$/, replacement: kit("$1.ts") },
  { find: /^react(-dom)?$/, replacement: preact("/compat") },
  { find: /^react-dom\/client$/, replacement: preact("/compat/client") },
  { find: /^(?:pre|re)act\/jsx(?:-dev)?-runtime$/, replacement: kit("jsx.ts") },
  { find: /^preact\/hooks$/, replacement: preact("/hooks") },
  { find: /^preact$/, replacement: preact("") },
];

const DECLARATION = /(--(?:color|font|border|shadow)-[\w-]+):[^;{}]*;?/g;
/** Vite's own note to itself, for names of files that there are none of here. */
const MARKER = /\/\*\$vite\$:\d+\*\//;

/** Leaves out what a widget does not use: Preact's hooks, and what tokens.css declares. It goes before vite-plugin-singlefile. */
export const onlyWhatIsUsed = () => ({
  name: "homeport-only-what-is-used",
  enforce: "post",
  transform: {
    filter: { id: /[\\/]preact[\\/]hooks[\\/]/ },
    // The module prepares Preact for hooks when it is loaded, so that bundlers keep it where nobody calls one.
    handler: () => ({ moduleSideEffects: false }),
  },
  generateBundle(_, bundle) {
    const files = Object.values(bundle);
    const text = files.map((file) => file.code ?? file.source).join("\n");
    for (const file of files) {
      if (!file.fileName.endsWith(".css")) continue;
      const style = String(file.source);
      file.source = style.replace(DECLARATION, (whole, name) => (text.includes(`var(${name}`) ? whole : "")).replace(MARKER, "");
    }
  },
});
