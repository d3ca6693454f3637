/**
 * How many of the offline names an author would recognise, by the source maps that bundles ship. Evidence was
 * chosen with an eye on the first six; nobody looked at the last before its figure was there.
 */
import { join } from "node:path";
import type { Bundle } from "../../apps/unminify/test/support/bundles.ts";
import type { BenchRow } from "../support/results.ts";
import { scoreNames } from "./name-score.ts";
import { rounded } from "./runs.ts";

const MODULES = join(import.meta.dirname, "..", "..", "node_modules");

/** Rows for every bundle that has a map. */
export function nameRows([tensorflow, babylon]: readonly Bundle[]): BenchRow[] {
  const bundles = [
    { name: tensorflow?.name ?? "", path: tensorflow?.path ?? "", goal: ">= 35" },
    { name: babylon?.name ?? "", path: babylon?.path ?? "" },
    { name: "onnxruntime-web 1.30.0", path: join(MODULES, "onnxruntime-web/dist/ort.all.min.js") },
    { name: "protobuf.js", path: join(MODULES, "protobufjs/dist/protobuf.min.js") },
    { name: "source-map", path: join(MODULES, "source-map/dist/source-map.min.js") },
    { name: "simple-statistics", path: join(MODULES, "simple-statistics/dist/simple-statistics.min.js") },
    { name: "msgpackr", path: join(MODULES, "msgpackr/dist/index.min.js") },
  ];
  return bundles.map(({ name, path, goal }) => {
    const { bindings, exact, stem, before } = scoreNames(path, `${path}.map`);
    const percent = (share: number): number => rounded(share * 100);
    return {
      name: `${name}: offline names that are the author's, by stem, of ${bindings} that its source map knows`,
      value: percent(stem),
      unit: "%",
      ...(goal !== undefined && { goal }),
      peers: { exactly: percent(exact), "as minified": percent(before) },
    };
  });
}
