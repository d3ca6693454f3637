/**
 * What renaming bundles costs, beside other tools; what each remedy that was once planned for it does; and how
 * many of the names an author would recognise.
 *
 * `npm run bench:unminify [-- peaks|remedies|names] [--quick]`: all of it takes about a quarter of an hour; the quick form takes
 * one small turn and writes nothing.
 */
import { rmSync } from "node:fs";
import { BUNDLES, installBundles } from "../apps/unminify/test/support/bundles.ts";
import { installPackages } from "../test/support/install-packages.ts";
import { type BenchRow, writeResults } from "./support/results.ts";
import { nameRows } from "./unminify/name-rows.ts";
import { peakRows } from "./unminify/peak-rows.ts";
import { remedyRows } from "./unminify/remedy-rows.ts";
import { folder, isQuick, PEERS } from "./unminify/runs.ts";

/** Each has a result file of its own. */
const PARTS: Readonly<Record<string, readonly [file: string, measure: () => BenchRow[] | Promise<BenchRow[]>]>> = {
  peaks: ["unminify", () => peakRows(BUNDLES)],
  remedies: ["unminify-remedies", () => remedyRows(BUNDLES)],
  names: ["unminify-names", () => nameRows(BUNDLES)],
};

const asked = process.argv.slice(2).filter((argument) => argument in PARTS);
await installBundles();
await installPackages(PEERS);
try {
  for (const part of asked.length > 0 ? asked : Object.keys(PARTS)) {
    const [file, measure] = PARTS[part] ?? ["", (): BenchRow[] => []];
    const rows = await measure();
    for (const { name, value, unit, goal, peers } of rows)
      process.stderr.write(`${name}: ${value} ${unit} (${goal ?? "no goal"}) ${peers ? JSON.stringify(peers) : ""}\n`);
    if (!isQuick) process.stderr.write(`${writeResults(file, `npm run bench:unminify -- ${part}`, rows)}\n`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
