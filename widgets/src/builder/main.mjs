// The Node child of a running Homeport: one JSON object a line comes in on standard input, one goes out for each.
//
//     {"id": 1, "file": "/app/widgets/recipes.tsx", "root": "/app/widgets"}
//     {"id": 1, "html": "<!doctype html>…", "files": [every file that it was made of]}
//     {"id": 1, "problems": [{"file": …, "line": 3, "column": 7, "message": …}], "files": […]}
//
// It ends with its standard input, so that it outlives no parent, however that one ended.

import { createInterface } from "node:readline";

// Lines are for answers only; whatever a library prints is for people.
console.log = console.info = console.debug = console.error;
process.stdout.on("error", () => process.exit(0));

const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const lines = createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on("close", () => process.exit(0));

// Loaded after the input is watched: a parent that ends meanwhile must be noticed.
const page = import("./page.mjs");
lines.on("line", async (line) => {
  const { id, file, root } = JSON.parse(line);
  answer({ id, ...(await (await page).buildPage(file, root)) });
});
