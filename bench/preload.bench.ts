/**
 * What the preload costs a program at its start, beside an empty ES module through `--import`: a small HTTP server
 * under each, from the start of the process to its first answer, and its memory then. Interleaved, medians.
 *
 * `npm run bench:preload [-- --quick]`: about 20 seconds; the quick form is a smoke test and writes nothing.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { RemoteWatch } from "../src/monitor/remote/remote-watch.ts";
import { median } from "../src/monitor/trend.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const PROGRAM = join(import.meta.dirname, "support", "startup-program.cjs");
const quick = process.argv.includes("--quick");
const rounds = quick ? 3 : 25;

interface Run {
  readonly wallMs: number;
  readonly readyMs: number;
  readonly rssMb: number;
  readonly anonMb: number;
}

const directory = mkdtempSync(join(tmpdir(), "bench-"));
const empty = join(directory, "empty.mjs");
writeFileSync(empty, "");
const watch = await RemoteWatch.open({ command: "node", limit: { bytes: null, source: "none" } });
const bare: NodeJS.ProcessEnv = { PATH: process.env["PATH"] };
const environments = {
  bare,
  preload: watch.environment(bare),
  esm: { ...bare, NODE_OPTIONS: `--import ${empty}` },
} as const;
const runs: Record<keyof typeof environments, Run[]> = { bare: [], preload: [], esm: [] };

try {
  for (let round = 0; round < rounds; round++) {
    for (const name of ["bare", "preload", "esm"] as const) {
      const began = performance.now();
      const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM], {
        env: environments[name],
        timeout: 30_000,
      });
      runs[name].push({ wallMs: performance.now() - began, ...(JSON.parse(stdout) as Omit<Run, "wallMs">) });
    }
  }
} finally {
  await watch.close();
  rmSync(directory, { recursive: true });
}

const ESM = "--import of an empty ES module";
const middle = (name: keyof typeof environments, figure: keyof Run): number =>
  median(runs[name].map((run) => run[figure]));

function row(name: string, figure: keyof Run, unit: string, goal?: string): BenchRow {
  const more = (of: keyof typeof environments): number =>
    Math.round((middle(of, figure) - middle("bare", figure)) * 100) / 100;
  return {
    name,
    value: more("preload"),
    unit,
    ...(goal === undefined ? {} : { goal }),
    runs: runs.preload.map((run) => run[figure]),
    peers: { [ESM]: more("esm"), "bare, in all": Math.round(middle("bare", figure) * 100) / 100 },
  };
}

const rows = [
  row("start to first answer, more than bare", "readyMs", "ms", "<= 10"),
  row("whole life of a program that ends at once, more than bare", "wallMs", "ms"),
  row("resident set at the first answer, more than bare", "rssMb", "MB", "<= 3"),
  row("the anonymous part of it (the rest is Node's own file, shared by all processes)", "anonMb", "MB"),
];
for (const { name, value, unit, peers } of rows) console.log(`${name}: ${value} ${unit}`, peers);
if (!quick) console.log(writeResults("preload", "npm run bench:preload", rows));
