// Runs one program on LIPS with its standard library, as often as asked, and prints the milliseconds of each turn.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("./peers/", import.meta.url));
const { exec } = require("lips");
const programs = JSON.parse(readFileSync(new URL("./programs.json", import.meta.url), "utf8"));
const [index = "0", turns = "5"] = process.argv.slice(2);
const { definitions, expression, value } = programs[Number(index)];
const library = require.resolve("lips").replace(/[^/]*$/, "std.xcb");
await exec(`(load "${library}")`);
await exec(definitions);
const ms = [];
for (let turn = 0; turn < Number(turns); turn++) {
  const startedAt = performance.now();
  const results = await exec(expression);
  ms.push(performance.now() - startedAt);
  const result = String(results.at(-1));
  if (result !== value) throw new Error(`${expression} gave ${result}`);
}
console.log(JSON.stringify({ ms }));
