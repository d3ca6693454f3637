/**
 * The files that every HTML report carries: our style and script, and uPlot with its licence. The
 * build copies them beside the compiled code; when run from source, uPlot is read where npm put it.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Our own files beside this one. */
type Asset = "page.css" | "sections.css" | "heap.css" | "chart.client.js" | "treemap.client.js";

const cache = new Map<string, string>();

/**
 * Reads one of our own assets.
 *
 * @param name - file name beside this module.
 */
export function readAsset(name: Asset): string {
  return readOnce(join(import.meta.dirname, name));
}

/**
 * Reads a file of the chart library.
 *
 * @param name - file name in uPlot's `dist`, or its `LICENSE`.
 */
export function readChartLibrary(name: "uPlot.iife.min.js" | "uPlot.min.css" | "LICENSE"): string {
  const copied = join(import.meta.dirname, "uplot", name);
  if (existsSync(copied)) return readOnce(copied);
  const root = dirname(createRequire(import.meta.url).resolve("uplot/package.json"));
  return readOnce(name === "LICENSE" ? join(root, name) : join(root, "dist", name));
}

function readOnce(path: string): string {
  let text = cache.get(path);
  if (text === undefined) {
    text = readFileSync(path, "utf8");
    cache.set(path, text);
  }
  return text;
}
