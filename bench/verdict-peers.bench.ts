/**
 * What others say of the programs with a known answer: `clinic doctor` (13.0.0) and memlab (2.0.5: `find-leaks` and
 * `analyze unbound-collection`), by their public commands, each program under its own load and for its own time.
 * `npm run bench:peers -- [program…] [--minutes 8] [--again]` installs them into bench/peers/ where they are missing, asks for
 * what is not answered yet and merges it into bench/results/verdict-peers.json. All of it takes about 30 minutes.
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
const AT_A_TIME = 3;
/** Their starts and analyses, usually. */
const OVERHEAD_SECONDS = 30;
const TOOLS = { clinic: askClinic, memlab: askMemlab } as const;
const TOOL_NAMES = ["clinic", "memlab"] as const;
type ToolName = (typeof TOOL_NAMES)[number];

interface Answers {
  readonly program: string;
  readonly leak: boolean;
  clinic?: PeerAnswer;
  memlab?: PeerAnswer;
}

const options = readOptions(AT_A_TIME);
const programs = [...leaking, ...healthy, ...holdOut];
const before = new Map((readList(NAME, "answers") as Answers[]).map((answers) => [answers.program, answers]));
const all = programs.map(({ program, leak }): Answers => {
  const kept = options.again && isAskedFor(options, program) ? undefined : before.get(program);
  return { ...kept, program, leak };
});

installPeers();
const tasks = programs
  .filter(({ program }) => isAskedFor(options, program))
  .toSorted((a, b) => b.seconds - a.seconds)
  .flatMap((truth) => TOOL_NAMES.map((tool) => ({ truth, tool })))
  .filter(({ truth, tool }) => answersOf(truth)?.[tool] === undefined);
const left = await runWithin(
  tasks,
  options,
  ({ truth }) => truth.seconds + OVERHEAD_SECONDS,
  async ({ truth, tool }) => {
    const answer = await ask(truth, tool);
    const answers = answersOf(truth);
    if (answers) answers[tool] = answer;
    process.stderr.write(`${truth.program}: ${tool}: ${answer.words}\n`);
    write();
  },
);
process.stderr.write(`${write()}: ${left} left\n`);
process.exitCode = left > 0 ? TASKS_LEFT : 0;

function answersOf(truth: Truth): Answers | undefined {
  return all.find(({ program }) => program === truth.program);
}

async function ask(truth: Truth, tool: ToolName): Promise<PeerAnswer> {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-peers-"));
  try {
    return await TOOLS[tool](truth, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function write(): string {
  const answers = all.filter(({ clinic, memlab }) => clinic !== undefined || memlab !== undefined);
  const rows = TOOL_NAMES.flatMap((tool) => [
    count(
      `${tool} names growing memory in a program that leaks`,
      tool,
      (answer, leak) => leak && answer.namesMemory,
      true,
    ),
    count(
      `${tool} names growing memory in a program that does not`,
      tool,
      (answer, leak) => !leak && answer.namesMemory,
      false,
    ),
    count(`${tool} gives no answer`, tool, ({ isAnswer }) => !isAnswer),
  ]);
  return writeResults(NAME, "npm run bench:peers", rows, { lists: { answers } });
}

function count(
  name: string,
  tool: ToolName,
  holds: (answer: PeerAnswer, leak: boolean) => boolean,
  leaks?: boolean,
): BenchRow {
  const asked = all.flatMap((answers) => {
    const answer = answers[tool];
    return answer === undefined || (leaks ?? answers.leak) !== answers.leak ? [] : [{ answer, leak: answers.leak }];
  });
  return { name, value: asked.filter(({ answer, leak }) => holds(answer, leak)).length, unit: `of ${asked.length}` };
}
