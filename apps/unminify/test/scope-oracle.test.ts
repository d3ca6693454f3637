/**
 * Who declares what in real bundles, compared with acorn and eslint-scope by position: not one variable
 * may be split, and every position must be known to both.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { analyse } from "../src/scope/analyse.ts";
import { compareWithOracle } from "./support/scope-oracle.ts";

const require = createRequire(import.meta.url);
const BUNDLES = [
  "@tensorflow/tfjs-core/dist/tf-core.min.js",
  "@tensorflow/tfjs-core/dist/tf-core.es2017.min.js",
  "onnxruntime-web/dist/ort.all.min.js",
  "onnxruntime-web/dist/ort.bundle.min.mjs",
  "protobufjs/dist/protobuf.min.js",
  "immutable/dist/immutable.min.js",
  "uplot/dist/uPlot.iife.min.js",
];

/** A file of a package, whatever its `exports` let in. */
function fileOf(path: string): string {
  const [first = "", second = ""] = path.split("/");
  const name = first.startsWith("@") ? `${first}/${second}` : first;
  const folder = require.resolve.paths(name)?.map((paths) => join(paths, name)) ?? [];
  for (const candidate of folder) {
    try {
      return join(dirname(require.resolve(join(candidate, "package.json"))), path.slice(name.length + 1));
    } catch {
      // Not in this folder: the next one up.
    }
  }
  throw new Error(`${path} is not installed`);
}

describe("real bundles", () => {
  it.each(BUNDLES)("%s", (path) => {
    const text = readFileSync(fileOf(path), "utf8");
    const sourceType = path.endsWith(".mjs") ? "module" : "script";
    const analysis = analyse(text, sourceType);
    const { compared, unmatched, splits } = compareWithOracle(text, analysis, sourceType);
    expect(compared).toBeGreaterThan(5000);
    expect(unmatched).toEqual([]);
    expect(splits).toEqual([]);
    let last = -1;
    for (const index of analysis.order) {
      expect(analysis.occurrences.positions.get(index)).toBeGreaterThan(last);
      last = analysis.occurrences.positions.get(index);
    }
  });
});
