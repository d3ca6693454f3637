// Copies what the build needs beside the compiled code: the WebAssembly, the JSON Schema, and the style, script and
// chart library (uPlot, MIT, with its licence) that every HTML report carries.
import { cpSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const uplot = dirname(createRequire(import.meta.url).resolve("uplot/package.json"));
const root = join(import.meta.dirname, "..");
const source = join(root, "src", "diagnose", "report");
const target = join(root, "dist", "diagnose", "report");

mkdirSync(join(target, "html", "uplot"), { recursive: true });
cpSync(join(source, "report.schema.json"), join(target, "report.schema.json"));
for (const file of ["page.css", "sections.css", "heap.css", "chart.client.js", "treemap.client.js"]) {
  cpSync(join(source, "html", file), join(target, "html", file));
}
for (const file of ["uPlot.iife.min.js", "uPlot.min.css"]) {
  cpSync(join(uplot, "dist", file), join(target, "html", "uplot", file));
}
cpSync(join(uplot, "LICENSE"), join(target, "html", "uplot", "LICENSE"));
mkdirSync(join(root, "dist", "heap"), { recursive: true });
cpSync(join(root, "src", "heap", "snapshot.wasm"), join(root, "dist", "heap", "snapshot.wasm"));
