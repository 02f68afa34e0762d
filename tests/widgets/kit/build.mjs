// Builds one folder with an index.html into one file and writes that to standard output, as an app's widget is built.

import { build } from "../../../widgets/node_modules/vite/dist/node/index.js";
import { viteSingleFile } from "../../../widgets/node_modules/vite-plugin-singlefile/dist/esm/index.js";
import { kitAliases, onlyWhatIsUsed } from "../../../widgets/src/kit/vite.mjs";

const { output } = await build({
  root: process.argv[2],
  configFile: false,
  envDir: false,
  publicDir: false,
  logLevel: "error",
  plugins: [onlyWhatIsUsed(), viteSingleFile({ removeViteModuleLoader: true })],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  resolve: { alias: kitAliases },
  build: { write: false, target: "es2022", cssTarget: "chrome123", modulePreload: false },
});
process.stdout.write(String(output.find((file) => file.fileName === "index.html").source));
