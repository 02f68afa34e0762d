// Writes official_host.mjs with the libraries it uses, as one script, to standard output.

import { build } from "../../../widgets/node_modules/vite/dist/node/index.js";

const { output } = await build({
  root: import.meta.dirname,
  configFile: false,
  envDir: false,
  publicDir: false,
  logLevel: "error",
  build: {
    write: false,
    target: "es2022",
    modulePreload: false,
    rolldownOptions: { input: `${import.meta.dirname}/official_host.mjs`, output: { codeSplitting: false } },
  },
});
process.stdout.write(output[0].code);
