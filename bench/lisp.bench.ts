/**
 * The Lisp application beside biwascheme: calls, call/cc, and deep recursion. Each side of each program is a process of its own, and the
 * sides take turns.
 *
 * `npm run bench:lisp [-- --quick]`: about a minute; the quick form is a smoke test and writes nothing.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { median } from "../src/monitor/trend.ts";
import { installPackages } from "../test/support/install-packages.ts";
import { measureDropped } from "./lisp/dropped-symbols.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const FOLDER = join(import.meta.dirname, "lisp");
const DEADLINE_MS = 120_000;
const quick = process.argv.includes("--quick");
const ROUNDS = quick ? 1 : 5;
const TURNS = quick ? 2 : 7;
const PEER_TURNS = quick ? 1 : 3;

const programs = JSON.parse(readFileSync(join(FOLDER, "programs.json"), "utf8")) as readonly { name: string }[];
await installPackages(join(FOLDER, "peers"));
const rows: BenchRow[] = programs.flatMap(({ name }, index) => compare(name, index));
rows.push(...measureDropped(quick ? 1 : 3));
for (const { name, value, unit, peers } of rows)
  process.stderr.write(`${name}: ${value} ${unit} ${peers ? JSON.stringify(peers) : ""}\n`);
if (!quick) process.stderr.write(`${writeResults("lisp", "npm run bench:lisp", rows)}\n`);

function compare(name: string, index: number): BenchRow[] {
  const rounds = Array.from({ length: ROUNDS }, () => ({
    own: median([...run("lisp", index, TURNS)]),
    peer: median([...run("biwascheme", index, PEER_TURNS)]),
  }));
  const ratios = rounds.map(({ own, peer }) => peer / own);
  return [
    {
      name: `${name}: time of biwascheme to ours, median of rounds`,
      value: round(median([...ratios])),
      unit: "x",
      ...(index === 0 ? { goal: ">= 30" } : {}),
      runs: ratios.map(round),
    },
    {
      name: `${name}: time`,
      value: round(median(rounds.map(({ own }) => own))),
      unit: "ms",
      runs: rounds.map(({ own }) => round(own)),
      peers: { "biwascheme 0.8.3": round(median(rounds.map(({ peer }) => peer))) },
    },
  ];
}

/** The milliseconds of each turn of a case. @throws Error when it does not end well. */
function run(side: string, index: number, turns: number): readonly number[] {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [join(FOLDER, `${side}-case.mjs`), String(index), String(turns)],
    { encoding: "utf8", timeout: DEADLINE_MS, killSignal: "SIGKILL" },
  );
  if (status !== 0) throw new Error(`${side} ${index} ended with ${signal ?? status}:\n${stderr}`);
  return (JSON.parse(stdout) as { ms: number[] }).ms;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
