// Runs one program on biwascheme, as often as asked, and prints the milliseconds of each turn.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(new URL("./peers/", import.meta.url));
const BiwaScheme = require("biwascheme");
const programs = JSON.parse(readFileSync(new URL("./programs.json", import.meta.url), "utf8"));
const [index = "0", turns = "5"] = process.argv.slice(2);
const { definitions, expression, value } = programs[Number(index)];
const interpreter = new BiwaScheme.Interpreter((error) => {
  throw error;
});
interpreter.evaluate(definitions);
const ms = [];
for (let turn = 0; turn < Number(turns); turn++) {
  const startedAt = performance.now();
  const result = String(interpreter.evaluate(expression));
  ms.push(performance.now() - startedAt);
  if (result !== value) throw new Error(`${expression} gave ${result}`);
}
console.log(JSON.stringify({ ms }));
