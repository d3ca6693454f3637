/**
 * Does a heap name its holder? Every planted leak and every healthy program of test/heap/planted on every Node.js line:
 * three snapshots each, the rank of the right holder among the suspects, and who is called a leak. Beside it what
 * `memlab find-leaks` (2.0.5) says of the same files on the running Node.js. `npm run bench:heap-suspects [program…]`.
 */
import { join } from "node:path";
import { availableNodes } from "../test/support/nodes.ts";
import { askPlanted, healthyPrograms, plantedLeaks } from "../test/heap/planted/planted.ts";
import { binary, installPeers, runNode } from "./peers/peer.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const MEMLAB = "memlab 2.0.5 find-leaks";
const MEMLAB_MS = 120_000;
const FIRST_SUSPECTS = 3;

interface Answer {
  readonly program: string;
  readonly isPlanted: boolean;
  /** By line of Node.js: the rank of the holder, 0 for none. */
  readonly ranks: number[];
  /** By line: suspects that are called leaks. */
  readonly accused: number[];
  /** True on every line where the right holder is called a leak. */
  readonly isProven: boolean[];
  readonly memlab: string;
}

installPeers();
const nodes = availableNodes();
const lines = nodes.map(({ version }) => `Node ${version.split(".")[0]}`);
const only = process.argv.slice(2);
const programs = [
  ...plantedLeaks,
  ...(await healthyPrograms()).map((program) => ({ program, holder: undefined })),
].filter(({ program }) => only.length === 0 || only.includes(program));
const answers: Answer[] = [];
for (const { program, holder } of programs) answers.push(await ask(program, holder));

const planted = answers.filter(({ isPlanted }) => isPlanted);
const healthy = answers.filter(({ isPlanted }) => !isPlanted);
const runs = planted.length * nodes.length;
const rows: BenchRow[] = [
  {
    name: `planted leaks whose holder is among the first ${FIRST_SUSPECTS} suspects, on ${lines.join(", ")}`,
    value: count(planted, ({ ranks }) => ranks.filter((rank) => rank > 0 && rank <= FIRST_SUSPECTS).length),
    unit: `of ${runs}`,
    goal: `>= ${runs}`,
  },
  {
    name: "planted leaks whose holder is called a leak",
    value: count(planted, ({ isProven }) => isProven.filter(Boolean).length),
    unit: `of ${runs}`,
  },
  {
    name: "suspects called leaks in healthy programs",
    value: count(healthy, ({ accused }) => accused.reduce((sum, one) => sum + one, 0)),
    unit: `in ${healthy.length * nodes.length} runs`,
    goal: "<= 0",
  },
  {
    name: `planted programs in which a leak is found, on ${lines[0]}`,
    value: count(planted, ({ isProven }) => (isProven[0] ? 1 : 0)),
    unit: `of ${planted.length}`,
    peers: { [MEMLAB]: count(planted, ({ memlab }) => (foundByMemlab(memlab) ? 1 : 0)) },
  },
  {
    name: `healthy programs in which a leak is found, on ${lines[0]}`,
    value: count(healthy, ({ accused }) => (accused[0] ? 1 : 0)),
    unit: `of ${healthy.length}`,
    goal: "<= 0",
    peers: { [MEMLAB]: count(healthy, ({ memlab }) => (foundByMemlab(memlab) ? 1 : 0)) },
  },
  ...answers.map(rowOf),
];
process.stderr.write(`${writeResults("heap-suspects", "npm run bench:heap-suspects", rows)}\n`);

async function ask(program: string, holder: RegExp | undefined): Promise<Answer> {
  const answer: Answer = { program, isPlanted: holder !== undefined, ranks: [], accused: [], isProven: [], memlab: "" };
  let memlab = "";
  for (const [nth, { path }] of nodes.entries()) {
    const { suspects, rank } = await askPlanted(program, path, holder, async (folder) => {
      if (nth === 0) memlab = await askMemlab(folder);
    });
    answer.ranks.push(rank);
    answer.accused.push(suspects.filter(({ isLeak }) => isLeak).length);
    answer.isProven.push(suspects[rank - 1]?.isLeak === true);
  }
  process.stderr.write(`${program}: rank ${answer.ranks.join("/")}, leaks ${answer.accused.join("/")}; ${memlab}\n`);
  return { ...answer, memlab };
}

async function askMemlab(folder: string): Promise<string> {
  const [baseline = "", target = "", final = ""] = [1, 2, 3].map((nth) => join(folder, `${nth}.heapsnapshot`));
  const { code, output } = await runNode(
    [
      ...[binary("memlab"), "find-leaks", "--work-dir", join(folder, "memlab")],
      ...["--baseline", baseline, "--target", target, "--final", final],
    ],
    folder,
    MEMLAB_MS,
  );
  return /MemLab found \d+ leak\(s\)/.exec(output)?.[0] ?? `no verdict (exit code ${code ?? "none: killed"})`;
}

function foundByMemlab(words: string): boolean {
  return Number(/\d+/.exec(words)?.[0] ?? 0) > 0 && words.startsWith("MemLab");
}

function rowOf({ program, isPlanted, ranks, accused, memlab }: Answer): BenchRow {
  const worst = ranks.includes(0) ? "none" : Math.max(...ranks);
  return {
    name: program,
    value: isPlanted ? worst : Math.max(...accused),
    unit: isPlanted ? "rank of the holder on the worst line" : "suspects called leaks on the worst line",
    goal: isPlanted ? `<= ${FIRST_SUSPECTS}` : "<= 0",
    runs: isPlanted ? ranks : accused,
    peers: { [MEMLAB]: memlab },
  };
}

function count(all: readonly Answer[], of: (answer: Answer) => number): number {
  return all.reduce((sum, answer) => sum + of(answer), 0);
}
