// Copies what the build needs beside the compiled code: the JSON Schema and the chart library that
// the HTML report embeds.
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const uplot = dirname(require.resolve("uplot/package.json"));
const root = join(import.meta.dirname, "..");
const target = join(root, "dist", "diagnose", "report");

mkdirSync(target, { recursive: true });
for (const file of ["uPlot.iife.min.js", "uPlot.min.css"]) {
  cpSync(join(uplot, "dist", file), join(target, file));
}
const schema = join(root, "src", "diagnose", "report", "report.schema.json");
if (existsSync(schema)) cpSync(schema, join(target, "report.schema.json"));
