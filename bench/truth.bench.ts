/**
 * How soon and how surely programs with a known answer are judged right, and what watching them costs. Each leaking
 * one three times on the running Node.js and once on the other lines, each healthy one three times on all, each once
 * unwatched. `npm run bench:truth -- [program…] [--node 22] [--minutes 8] [--again] [--record]` does what is not done
 * yet and merges it into bench/results/truth.json; all of it takes about 45 minutes.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { availableNodes } from "../test/support/nodes.ts";
import { holdOut } from "../test/truth/holdout/hold-out.ts";
import { healthy, leaking, type Truth } from "../test/truth/truth.ts";
import { runBare } from "./support/bare.ts";
import { isAskedFor, readOptions, runWithin, TASKS_LEFT } from "./support/chunk.ts";
import { readList, readSourceCommit, writeResults } from "./support/results.ts";
import { type Judged, lineOf, partsOf, rowsOf, rowsOfCost, summarise } from "./truth/judge.ts";
import { type BareRun, runOnce, type TruthRun } from "./truth/run.ts";

const NAME = "truth";
/** They wait most of the time: ten of them and the watcher take a third of one core. */
const AT_A_TIME = 10;
const RUNS = 3;
/** The line on which leaking programs run so often too. */
const FULL_LINE = "20";
/** Start, and the watcher's end. */
const OVERHEAD_SECONDS = 5;
const PROGRAMS = join(import.meta.dirname, "..", "test", "truth");

const options = readOptions(AT_A_TIME);
const beganMs = performance.now();
const line = lineOf(process.versions.node);
const known: readonly Truth[] = [...leaking, ...healthy];
const programs: readonly Truth[] = [...known, ...holdOut];
const chosen = programs.filter(({ program }) => isAskedFor(options, program));
const isAsked = (version: string): boolean => options.node === undefined || options.node === lineOf(version);

let runs = readList(NAME, "runs") as TruthRun[];
let bare = readList(NAME, "bare") as BareRun[];
let isComplete = true;
if (isAsked(line)) isComplete = await measure();
for (const { version, path } of availableNodes().filter((node) => lineOf(node.version) !== line))
  if (isAsked(version)) isComplete = measureOn(path, version) && isComplete;
process.exitCode = isComplete ? 0 : TASKS_LEFT;

/** Does what is missing on this line. @returns whether nothing is left to do. */
async function measure(): Promise<boolean> {
  const isStale = ({ program, node }: { readonly program: string; readonly node: string }): boolean =>
    options.again && lineOf(node) === line && chosen.some((truth) => truth.program === program);
  const isKnown = ({ program }: { readonly program: string }): boolean =>
    programs.some((truth) => truth.program === program);
  runs = runs.filter((run) => isKnown(run) && !isStale(run));
  bare = bare.filter((run) => isKnown(run) && !isStale(run));
  const here = ({ program }: Truth): ((run: TruthRun | BareRun) => boolean) => {
    return (run) => run.program === program && lineOf(run.node) === line;
  };
  const tasks = chosen.flatMap((truth) => {
    const wanted = truth.leak && line !== FULL_LINE ? 1 : RUNS;
    const done = runs.filter(here(truth)).length;
    const watched = Array.from({ length: Math.max(0, wanted - done) }, (_, index) => {
      const records = options.record && done + index === 0;
      return { truth, round: done + index, run: () => watchOnce(truth, records) };
    });
    return bare.some(here(truth)) ? watched : [...watched, { truth, round: RUNS, run: () => leaveAlone(truth) }];
  });
  // Every program once before any for a second time; the longest first, so that the short ones fill the gaps.
  tasks.sort((a, b) => a.round - b.round || b.truth.seconds - a.truth.seconds);
  const left = await runWithin(
    tasks,
    options,
    ({ truth }) => truth.seconds + OVERHEAD_SECONDS,
    async ({ truth, run }) => {
      try {
        await run();
        write();
      } catch (error) {
        process.stderr.write(`${truth.program}: failed: ${String(error)}\n`);
      }
    },
  );
  process.stderr.write(`${write()}: Node.js ${line}: ${left} runs left\n`);
  return left === 0;
}

async function watchOnce(truth: Truth, records: boolean): Promise<void> {
  const run = await runOnce(truth, readSourceCommit(), records);
  runs.push(run);
  const [seconds, kind, leak, confidence] = run.said.at(-1) ?? [];
  const isRight = truth.leak === leak && kind !== undefined && truth.kinds.includes(kind);
  const verdict = `${kind}${leak ? ", leak" : ""}, ${confidence} after ${seconds} s`;
  process.stderr.write(`${line} ${truth.program}: ${verdict}${isRight ? "" : " WRONG"}\n`);
}

async function leaveAlone({ program, nodeArguments = [], seconds }: Truth): Promise<void> {
  const use = await runBare(join(PROGRAMS, program), nodeArguments, seconds);
  if (use) bare.push({ program, node: process.versions.node, use });
}

/** The same on another line: the watcher runs on it as well. */
function measureOn(path: string, version: string): boolean {
  const { names, again, record, atATime } = options;
  const minutes = options.minutes - (performance.now() - beganMs) / 60_000;
  const parameters = [
    ...["--import", "tsx", import.meta.filename, ...names, "--node", lineOf(version)],
    ...["--minutes", String(minutes), "--at-a-time", String(atATime)],
    ...[...(again ? ["--again"] : []), ...(record ? ["--record"] : [])],
  ];
  return spawnSync(path, parameters, { stdio: ["ignore", 2, 2] }).status === 0;
}

function write(): string {
  const judged = (truths: readonly Truth[]): Judged[] =>
    truths.flatMap((truth) => runs.filter(({ program }) => program === truth.program).map((run) => ({ truth, run })));
  const table = summarise(known, holdOut, runs, bare);
  const rows = [
    ...rowsOf("", judged([...leaking, ...healthy])),
    ...rowsOfCost(table),
    ...rowsOf("hold-out: ", judged(holdOut)),
  ];
  const parts = partsOf(runs);
  const node = [...new Set(runs.map((run) => run.node))].sort().join(", ");
  return writeResults(NAME, "npm run bench:truth", rows, { node, lists: { parts, programs: table, runs, bare } });
}
