// Runs one program on Lisp, as often as asked, and prints the milliseconds of each turn.
import { readFileSync } from "node:fs";
import { Lisp, write } from "../../apps/lisp/dist/index.js";

const programs = JSON.parse(readFileSync(new URL("./programs.json", import.meta.url), "utf8"));
const [index = "0", turns = "5"] = process.argv.slice(2);
const { definitions, expression, value } = programs[Number(index)];
const lisp = new Lisp();
lisp.evaluate(definitions);
const ms = [];
for (let turn = 0; turn < Number(turns); turn++) {
  const startedAt = performance.now();
  const result = write(lisp.evaluate(expression));
  ms.push(performance.now() - startedAt);
  if (result !== value) throw new Error(`${expression} gave ${result}`);
}
console.log(JSON.stringify({ ms }));
