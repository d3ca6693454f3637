/**
 * What the preload costs a program at its start, beside an empty ES module through `--import`: a small HTTP server
 * under each, from the start of the process to its first answer, and its memory then. Interleaved, medians.
 *
 * On Node 24 also with Maglev, V8's middle compiler, off in both: the program alone ends just before it is first needed,
 * so that the preload would be billed for the pages of Node's own file that hold the compiler.
 *
 * `npm run bench:preload [-- --quick]`: about 30 seconds; the quick form is a smoke test and writes nothing.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { RemoteWatch } from "../src/monitor/remote/remote-watch.ts";
import { median } from "../src/monitor/trend.ts";
import { availableNodes } from "../test/support/nodes.ts";
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
type Name = keyof typeof environments;

/** Runs the program once. */
async function measure(name: Name, node: string = process.execPath, flags: readonly string[] = []): Promise<Run> {
  const began = performance.now();
  const { stdout } = await promisify(execFile)(node, [...flags, PROGRAM], { env: environments[name], timeout: 30_000 });
  return { wallMs: performance.now() - began, ...(JSON.parse(stdout) as Omit<Run, "wallMs">) };
}

const runs: Record<Name, Run[]> = { bare: [], preload: [], esm: [] };
const others = availableNodes()
  .slice(1)
  .flatMap(({ version, path }) => [
    { name: `Node.js ${version}`, path, flags: [] },
    ...(version.startsWith("24.") ? [{ name: `Node.js ${version} without Maglev`, path, flags: ["--no-maglev"] }] : []),
  ])
  .map((other) => ({ ...other, bare: [] as Run[], preload: [] as Run[] }));

try {
  for (let round = 0; round < rounds; round++) {
    for (const name of ["bare", "preload", "esm"] as const) runs[name].push(await measure(name));
    if (round % 3 !== 0) continue;
    for (const { path, flags, bare: alone, preload } of others) {
      alone.push(await measure("bare", path, flags));
      preload.push(await measure("preload", path, flags));
    }
  }
} finally {
  await watch.close();
  rmSync(directory, { recursive: true });
}

const ESM = "--import of an empty ES module";
const middle = (name: Name, figure: keyof Run): number => median(runs[name].map((run) => run[figure]));

function row(name: string, figure: keyof Run, unit: string, goal?: string): BenchRow {
  const more = (of: Name): number => Math.round((middle(of, figure) - middle("bare", figure)) * 100) / 100;
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
  ...others.map(({ name, bare: alone, preload }): BenchRow => {
    const memoryOf = (of: readonly Run[]): number => median(of.map(({ rssMb }) => rssMb));
    return {
      name: `resident set at the first answer, more than bare, ${name}`,
      value: Math.round((memoryOf(preload) - memoryOf(alone)) * 100) / 100,
      unit: "MB",
      goal: "<= 3",
      runs: preload.map(({ rssMb }) => rssMb),
      peers: { "bare, in all": Math.round(memoryOf(alone) * 100) / 100 },
    };
  }),
];
for (const { name, value, unit, peers } of rows) console.log(`${name}: ${value} ${unit}`, peers);
if (!quick) console.log(writeResults("preload", "npm run bench:preload", rows));
