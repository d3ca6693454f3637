/**
 * What others say of the programs with a known answer: `clinic doctor` (13.0.0) and `memlab find-leaks` (2.0.5), by
 * their public commands, each program under its own load and for its own time. `npm run bench:peers -- [program…]
 * [--minutes 8] [--again]` installs them into bench/peers/ where they are missing, asks for what is not answered yet and
 * merges it into bench/results/verdict-peers.json. All of it takes about 25 minutes.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { holdOut } from "../test/truth/holdout/hold-out.ts";
import { healthy, leaking, type Truth } from "../test/truth/truth.ts";
import { askClinic } from "./peers/clinic.ts";
import { askMemlab } from "./peers/memlab.ts";
import { installPeers, type PeerAnswer } from "./peers/peer.ts";
import { isAskedFor, readOptions, runWithin, TASKS_LEFT } from "./support/chunk.ts";
import { type BenchRow, readList, writeResults } from "./support/results.ts";

const NAME = "verdict-peers";
const AT_A_TIME = 4;
/** Their starts and analyses, usually. */
const OVERHEAD_SECONDS = 60;
const CLINIC = "clinic 13.0.0 doctor";
const MEMLAB = "memlab 2.0.5 find-leaks";

interface Answers {
  readonly program: string;
  readonly leak: boolean;
  readonly clinic: PeerAnswer;
  readonly memlab: PeerAnswer;
}

const options = readOptions(AT_A_TIME);
const programs = [...leaking, ...healthy, ...holdOut];
const kept = new Map((readList(NAME, "answers") as Answers[]).map((answers) => [answers.program, answers]));
const isKnown = ({ program }: Truth): boolean => kept.has(program);
for (const program of [...kept.keys()])
  if ((options.again && isAskedFor(options, program)) || !programs.some((truth) => truth.program === program))
    kept.delete(program);

installPeers();
const wanted = programs
  .filter((truth) => isAskedFor(options, truth.program) && !isKnown(truth))
  .toSorted((a, b) => b.seconds - a.seconds);
const left = await runWithin(
  wanted,
  options,
  ({ seconds }) => 2 * seconds + OVERHEAD_SECONDS,
  async (truth) => {
    const answers = await ask(truth);
    kept.set(truth.program, answers);
    process.stderr.write(`${truth.program}: clinic: ${answers.clinic.words}; memlab: ${answers.memlab.words}\n`);
    write();
  },
);
process.stderr.write(`${write()}: ${kept.size} of ${programs.length} programs\n`);
process.exitCode = left > 0 ? TASKS_LEFT : 0;

async function ask(truth: Truth): Promise<Answers> {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-peers-"));
  try {
    const clinic = await askClinic(truth, folder);
    const memlab = await askMemlab(truth, folder);
    return { program: truth.program, leak: truth.leak, clinic, memlab };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(): string {
  const answers = programs.flatMap(({ program }) => kept.get(program) ?? []);
  const leaks = answers.filter(({ leak }) => leak);
  const harmless = answers.filter(({ leak }) => !leak);
  const rows = [
    ...count("leaking programs in which it names growing memory", leaks),
    ...count("healthy programs in which it names growing memory", harmless),
    ...count("programs of which it could say nothing", answers, ({ isAnswer }) => !isAnswer),
  ];
  return writeResults(NAME, "npm run bench:peers", rows, { lists: { answers } });
}

function count(
  name: string,
  answers: readonly Answers[],
  holds: (answer: PeerAnswer) => boolean = ({ namesMemory }) => namesMemory,
): BenchRow[] {
  const of = `of ${answers.length}`;
  return [
    { name: `${CLINIC}: ${name}`, value: answers.filter(({ clinic }) => holds(clinic)).length, unit: of },
    { name: `${MEMLAB}: ${name}`, value: answers.filter(({ memlab }) => holds(memlab)).length, unit: of },
  ];
}
