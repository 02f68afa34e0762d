// One widget of an app, built in memory into one HTML document. Writes nothing, and runs nothing of the author's.

import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
// Before Vite: it keeps what it finds of node:fs.
import { open } from "./reading.mjs";
import { build } from "vite";
import { kitAliases, onlyWhatIsUsed } from "../kit/vite.mjs";
import { problemsOf } from "./problems.mjs";
import { onlyFromHere } from "./sources.mjs";

// Browsers that know light-dark() since 2024: lowered, it would no longer follow the color-scheme of an element.
const CSS_TARGET = ["chrome123", "firefox120", "safari17.5"];
const LIGHTNING_TARGETS = { chrome: 123 << 16, firefox: 120 << 16, safari: (17 << 16) | (5 << 8) };

const ENTRY = "virtual:homeport-widget";

const compat = { find: /^preact\/compat$/, replacement: fileURLToPath(import.meta.resolve("preact/compat")) };

/** A file that exports a component as its default is drawn; any other one draws itself. */
const entry = (file) => ({
  name: "homeport-entry",
  resolveId: { filter: { id: new RegExp(`^${ENTRY}$`) }, handler: () => `\0${ENTRY}` },
  load: {
    filter: { id: new RegExp(`^\0${ENTRY}$`) },
    handler: () => `
      import { createElement, render } from "preact";
      import * as widget from ${JSON.stringify(file)};
      if (widget.default) render(createElement(widget.default, null), document.body);`,
  },
});

const options = (file, root, files) => ({
  root,
  configFile: false,
  envDir: false,
  publicDir: false,
  logLevel: "silent",
  // Its errors name the file. Vite would also look for the author's postcss.config.js, and run it, without the list.
  css: { transformer: "lightningcss", lightningcss: { targets: LIGHTNING_TARGETS }, postcss: { plugins: [] } },
  // Rolldown reads TSX itself: what Vite made of it before would have other lines than the author's file.
  oxc: false,
  resolve: { alias: [...kitAliases, compat] },
  plugins: [entry(file), onlyFromHere(root, files), onlyWhatIsUsed()],
  worker: { plugins: () => [onlyFromHere(root, files)] },
  build: {
    write: false,
    target: "es2022",
    cssTarget: CSS_TARGET,
    cssCodeSplit: false,
    assetsInlineLimit: Number.MAX_SAFE_INTEGER,
    modulePreload: false,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { widget: ENTRY },
      output: { codeSplitting: false },
      transform: { target: "es2022", jsx: { runtime: "automatic", importSource: "preact" } },
    },
  },
});

/** Builds `file`, which lies in the folder `root`: `{html, files}`, or `{problems, files}`. */
export async function buildPage(file, root) {
  const files = new Set([file]);
  try {
    open(root);
    const { output } = await build(options(file, root, files));
    const code = output.filter((part) => part.type === "chunk").map((part) => part.code);
    const styles = output.filter((part) => part.fileName.endsWith(".css")).map((part) => String(part.source));
    const rest = output.filter((part) => part.type === "asset" && !part.fileName.endsWith(".css"));
    // A worker, for one, is a file beside the page.
    if (rest.length > 0) throw new Error(`A widget is one file, and ${rest[0].fileName} cannot be written into it.`);
    return { html: documentOf(title(file, root), code.join("\n"), styles.join("\n")), files: [...files] };
  } catch (error) {
    return { problems: problemsOf(error, file), files: [...files] };
  }
}

function title(file, root) {
  const name = relative(root, file).split(sep).join("/").replace(/\.tsx$/, "");
  return name.replaceAll("-", " ").replace(/^\w/, (first) => first.toUpperCase());
}

const documentOf = (title, code, style) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
${style && `<style>${style.replace(/<\/(?=style)/gi, "<\\/")}</style>\n`}</head>
<body>
<script type="module">${inScript(code)}</script>
</body>
</html>
`;

/** What ends a script, or hides its end, is written in another way: in text and in regular expressions it is the same. */
const inScript = (code) => code.replace(/<(?=\/script|script|!--)/gi, "\\x3C");
