/**
 * What others say of programs with a known answer, beside ours: `clinic doctor` (13.0.0) and `memlab find-leaks`
 * (2.0.5), by their public commands, each program under its own load and for its own time. `npm run bench:peers
 * [program…]` installs them into bench/peers/ where they are missing and writes bench/results/verdict-peers.json.
 * Ours is what `diagnose` says of the recording that is kept of the same program, see bench/rules.bench.ts.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diagnose } from "../src/diagnose/diagnose.ts";
import type { Verdict } from "../src/diagnose/finding.ts";
import { type Truth, truths } from "../test/truth/truth.ts";
import { askClinic } from "./peers/clinic.ts";
import { installPeers, type PeerAnswer } from "./peers/peer.ts";
import { askMemlab } from "./peers/memlab.ts";
import { readRecording } from "./rules/judging/store.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const PROGRAMS = [
  "url-cache.mjs",
  "small-buffers.mjs",
  "native-small.mjs",
  "steady-server.mjs",
  "lru-cache.mjs",
  "fragmentation.mjs",
];
const CLINIC = "clinic 13.0.0 doctor";
const MEMLAB = "memlab 2.0.5 find-leaks";

interface Answers {
  readonly truth: Truth;
  readonly ours: Pick<Verdict, "kind" | "leak">;
  readonly clinic: PeerAnswer;
  readonly memlab: PeerAnswer;
}

const names = process.argv.length > 2 ? process.argv.slice(2) : PROGRAMS;
installPeers();
const all: Answers[] = [];
for (const truth of truths.filter(({ program }) => names.includes(program))) {
  const answers = await ask(truth);
  all.push(answers);
  const { ours, clinic, memlab } = answers;
  process.stderr.write(
    `${truth.program}: ${ours.kind}, leak: ${ours.leak}; clinic: ${clinic.words}; memlab: ${memlab.words}\n`,
  );
}
const leaks = all.filter(({ truth }) => truth.leak);
const harmless = all.filter(({ truth }) => !truth.leak);
const rows = [
  count("leaking programs in which growing memory is named", leaks, `>= ${leaks.length}`),
  count("healthy programs in which growing memory is named", harmless, "<= 0"),
  ...all.map(rowOf),
];
process.stderr.write(`${writeResults("verdict-peers", "npm run bench:peers", rows)}\n`);

async function ask(truth: Truth): Promise<Answers> {
  const kept = readRecording(truth.program);
  if (!kept) throw new Error(`${truth.program}: no recording is kept; run npm run bench:rules -- --record`);
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-peers-"));
  try {
    const clinic = await askClinic(truth, folder);
    const memlab = await askMemlab(truth, folder);
    return { truth, ours: diagnose(kept.recording, { ended: true }).verdict, clinic, memlab };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function rowOf({ truth, ours, clinic, memlab }: Answers): BenchRow {
  return {
    name: `${truth.program}, ${truth.leak ? "which leaks" : "healthy"}: ${truth.name}`,
    value: ours.kind,
    unit: ours.leak ? "leak" : "no leak",
    goal: truth.kinds.join(" | "),
    peers: { [CLINIC]: clinic.words, [MEMLAB]: memlab.words },
  };
}

function count(name: string, answers: readonly Answers[], goal: string): BenchRow {
  return {
    name,
    value: answers.filter(({ ours }) => ours.leak).length,
    unit: `of ${answers.length}`,
    goal,
    peers: {
      [CLINIC]: answers.filter(({ clinic }) => clinic.namesMemory).length,
      [MEMLAB]: answers.filter(({ memlab }) => memlab.namesMemory).length,
    },
  };
}
