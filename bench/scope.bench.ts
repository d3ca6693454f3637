/**
 * What scopes keep and cost, on real libraries: compiled gradients of the eight schools on jax-js, in scopes and by hand in turns; eager
 * ones in a heap of 128 MB, with `yieldTurn` and without; a thousand jobs side by side on tfjs, beside its own `tidy` and
 * `startScope`; what the ledger costs a value. Every case is a process of its own on the built package.
 *
 * `npm run bench:scope [-- --quick]`: about two minutes; the quick form is a smoke test and writes nothing.
 */
import { median } from "../src/monitor/trend.ts";
import { type CaseEnd, type Figures, measureCase, OpenCase, runCase } from "./scope/children.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const MB = 1e6;
const quick = process.argv.includes("--quick");
const GRADIENTS = quick ? 5000 : 100_000;
const EAGER = quick ? 3000 : 20_000;
const JOBS = quick ? 100 : 1000;
const TURNS = 40;
const TELLING_TURNS = 4;
/** By then all is compiled, and its caches are full. */
const WARM_UP = 3000;
const HEAP_LIMIT_MB = 128;

const rows: BenchRow[] = [
  ...(await compiledRows()),
  ...eagerRows(),
  ...interleavedRows(),
  ...causeRows(),
  ...costRows(),
];
for (const { name, value, unit, peers } of rows)
  process.stderr.write(`${name}: ${value} ${unit} ${peers ? JSON.stringify(peers) : ""}\n`);
if (!quick) process.stderr.write(`${writeResults("scope", "npm run bench:scope", rows)}\n`);

/** Both sides take the same number of gradients in turns, and each begins every second time. */
async function compiledRows(): Promise<BenchRow[]> {
  using scoped = await OpenCase.open("jitted", ["scoped"]);
  using bare = await OpenCase.open("jitted", ["bare"]);
  const sides = [scoped, bare];
  for (const side of sides) for (let done = 0; done < WARM_UP; done += WARM_UP / 10) await side.ask(WARM_UP / 10);
  const told = new Map<OpenCase, Figures[]>(sides.map((side) => [side, []]));
  const tell = async (side: OpenCase): Promise<void> => void told.get(side)?.push(await side.ask("tell"));
  for (const side of sides) await tell(side);
  const micros = new Map<OpenCase, number[]>(sides.map((side) => [side, []]));
  for (let turn = 0; turn < TURNS; turn++) {
    const count = GRADIENTS / TURNS;
    for (const side of turn % 2 === 0 ? sides : sides.toReversed())
      micros.get(side)?.push((1000 * ((await side.ask(count)).ms ?? Number.NaN)) / count);
    if ((turn + 1) % TELLING_TURNS === 0) for (const side of sides) await tell(side);
  }
  const [inScopes, byHand] = sides.map((side) => micros.get(side) ?? []);
  const ratios = (inScopes ?? []).map((time, turn) => time / (byHand?.[turn] ?? Number.NaN));
  const above = (side: OpenCase, name: string, unit: number): number[] => {
    const figures = (told.get(side) ?? []).map((figure) => figure[name] ?? Number.NaN);
    return figures.slice(1).map((figure) => round((figure - (figures[0] ?? Number.NaN)) / unit));
  };
  const row = (what: string, name: string, unit: string, bytes: number, goal: string): BenchRow => ({
    name: `${GRADIENTS} compiled gradients in scopes, each of which loses a reference: ${what}`,
    value: Math.max(...above(scoped, name, bytes)),
    unit,
    goal,
    runs: above(scoped, name, bytes),
    peers: { "by hand, none lost": Math.max(...above(bare, name, bytes)) },
  });
  return [
    row("live arrays above the start, at most", "live", "arrays", 1, "<= 0"),
    row("heap after gc above the start, at most", "heapUsedBytes", "MB", MB, "<= 2"),
    row("WebAssembly memory above the start, at most", "wasmBytes", "MB", MB, "<= 0"),
    {
      name: "time of a compiled gradient in a scope to one by hand, median of turns",
      value: round(median(ratios)),
      unit: "x",
      goal: "<= 1.05",
      runs: ratios.map(round),
    },
    {
      name: "a compiled gradient in a scope",
      value: round(median(inScopes ?? [])),
      unit: "us",
      peers: { "by hand": round(median(byHand ?? [])) },
    },
  ];
}

function eagerRows(): BenchRow[] {
  const limit = `--max-old-space-size=${HEAP_LIMIT_MB}`;
  const run = (kind: string, ...nodeArguments: readonly string[]): CaseEnd =>
    runCase("eager", [kind, String(EAGER)], ["--expose-gc", ...nodeArguments]);
  const yielding = run("yieldTurn", limit);
  const settled = run("settled", limit);
  const unbounded = run("settled", "--max-old-space-size=8000");
  const heapMb = ({ lines }: CaseEnd): number => round((lines.at(-1)?.heapUsedBytes ?? Number.NaN) / MB);
  const reached = ({ lines }: CaseEnd): number => lines.findLast(({ call }) => call !== undefined)?.call ?? 0;
  const isFull = settled.stderr.includes("heap out of memory");
  const dies = isFull ? `dies, heap out of memory, after ${reached(settled)}` : `ends with ${settled.end}`;
  return [
    {
      name: `eager gradients with a heap of ${HEAP_LIMIT_MB} MB and yieldTurn: calls until it ended`,
      value: reached(yielding),
      unit: "calls",
      goal: `>= ${EAGER}`,
    },
    {
      name: `the same awaiting a settled promise, no yieldTurn`,
      value: dies,
      unit: "calls",
      goal: "dies,",
    },
    {
      name: `heap after gc once ${EAGER} eager gradients are done, with yieldTurn`,
      value: heapMb(yielding),
      unit: "MB",
      peers: { "awaiting a settled promise, with a heap of 8 GB": heapMb(unbounded) },
    },
    {
      name: `live arrays left by ${EAGER} eager gradients in scopes, each of which loses a reference`,
      value: yielding.lines.at(-1)?.live ?? Number.NaN,
      unit: "arrays",
      goal: "<= 0",
    },
  ];
}

function interleavedRows(): BenchRow[] {
  const [ours, tidy, startScope] = ["plimsoll", "tidy", "startScope"].map((subject) =>
    measureCase("interleaved", subject, String(JOBS)),
  );
  const row = (what: string, name: string, unit: string): BenchRow => ({
    name: `${JOBS} jobs side by side on tfjs, a scope each: ${what}`,
    value: ours?.[name] ?? Number.NaN,
    unit,
    goal: "<= 0",
    peers: {
      "tfjs 4.22.0 tidy": tidy?.[name] ?? Number.NaN,
      "tfjs 4.22.0 startScope": startScope?.[name] ?? Number.NaN,
    },
  });
  return [
    row("jobs that failed", "failed", "jobs"),
    row("tensors released from under the job that used them", "takenAway", "tensors"),
    row("wrong results", "wrong", "jobs"),
    row("tensors left over", "left", "tensors"),
  ];
}

/** Each of the five causes alone, and two programs that are well, three times. */
function causeRows(): BenchRow[] {
  const rounds = quick ? 1 : 3;
  const repeat = (kind: string, times: number): Figures[] =>
    Array.from({ length: rounds }, () => measureCase("causes", kind, String(times)));
  const growing = [
    repeat("lost-references", 200),
    repeat("lazy-chains", 300),
    repeat("kept-weakrefs", 300),
    repeat("compile-caches", 300),
    repeat("wasm-high-water", 9),
  ].flat();
  const well = [
    repeat("nothing (compiled, in scopes)", 2000),
    repeat("nothing (eager, in scopes, with turns)", 500),
  ].flat();
  const sum = (figures: readonly Figures[], name: string): number =>
    figures.reduce((total, figure) => total + (figure[name] ?? Number.NaN), 0);
  return [
    {
      name: `five causes of growth on jax-js, each alone: named, and no other, of ${growing.length} runs`,
      value: sum(growing, "right"),
      unit: "runs",
      goal: `>= ${growing.length}`,
    },
    {
      name: `causes named in ${well.length} runs of programs that are well`,
      value: sum(well, "accused"),
      unit: "causes",
      goal: "<= 0",
    },
  ];
}

function costRows(): BenchRow[] {
  const rounds = quick ? 1 : 5;
  const runs = Array.from({ length: rounds }, () => ({
    bare: measureCase("cost", "bare", "50000"),
    counted: measureCase("cost", "counted", "50000"),
    scoped: measureCase("cost", "scoped", "50000"),
  }));
  const row = (name: string, side: "counted" | "scoped", figure: string, goal?: string): BenchRow => {
    const values = runs.map((run) => round((run[side][figure] ?? Number.NaN) - (run.bare[figure] ?? Number.NaN)));
    return { name, value: round(median(values)), unit: "ns a value", ...(goal && { goal }), runs: values };
  };
  return [
    row("the ledger counts a value, from its creation to its release", "counted", "medianNs", "<= 50"),
    row("the same with the stacks that it takes, one in 64", "counted", "meanNs", "<= 200"),
    row("a scope owns and releases a value, stacks included", "scoped", "meanNs"),
  ];
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
