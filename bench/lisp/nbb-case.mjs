// Runs one program on nbb, which is sci on Node.js, as often as asked, and prints the milliseconds of each turn.
import { readFileSync } from "node:fs";

const { loadString } = await import(new URL("./peers/node_modules/nbb/index.mjs", import.meta.url));
const programs = JSON.parse(readFileSync(new URL("./programs.json", import.meta.url), "utf8"));
const [index = "0", turns = "5"] = process.argv.slice(2);
const { clojure, expression, value } = programs[Number(index)];
await loadString(clojure);
const ms = [];
for (let turn = 0; turn < Number(turns); turn++) {
  const startedAt = performance.now();
  const result = String(await loadString(expression));
  ms.push(performance.now() - startedAt);
  if (result !== value) throw new Error(`${expression} gave ${result}`);
}
console.log(JSON.stringify({ ms }));
