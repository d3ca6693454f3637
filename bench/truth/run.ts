/**
 * One watched run of a program with a known answer, as bench/results/truth.json keeps it: what was said and when, and
 * what watching cost. Whether it was right is told by the answer of today, so that it is not kept.
 */
import type { VerdictKind } from "../../src/diagnose/finding.ts";
import { runTruth, type TruthResult } from "../../test/truth/run-truth.ts";
import type { Truth } from "../../test/truth/truth.ts";
import { keepRecording } from "../rules/judging/store.ts";
import { type Use, useOf } from "../support/bare.ts";

/** A verdict and the second since which it held: `[18, "js-heap", true, 0.83]`. */
export type Said = readonly [seconds: number, kind: VerdictKind, leak: boolean, confidence: number];

/** A run, as kept. */
export interface TruthRun {
  /** File in test/truth/. */
  readonly program: string;
  /** Node's version. */
  readonly node: string;
  /** Of Plimsoll; with a `+` when a source file differed from it. */
  readonly commit: string;
  /** Verdicts that differ from the one before in kind or leak, those at every 10 s, and the last. */
  readonly said: readonly Said[];
  /** Function and line of what grows fastest: `trackEvent:6`. */
  readonly where?: string;
  /** What it used while it was watched. */
  readonly use?: Use;
  /** What asking glibc added to it, where that was done. */
  readonly koffiRssBytes?: number;
}

/** What a program uses unwatched, as kept. */
export interface BareRun {
  readonly program: string;
  readonly node: string;
  readonly use: Use;
}

const MARK_SECONDS = 10;

/** Runs it to its end. @param records - keeps the recording too. */
export async function runOnce(truth: Truth, commit: string, records: boolean): Promise<TruthRun> {
  const result = await runTruth(truth);
  const { recording, final } = result;
  if (records) keepRecording(truth.program, recording);
  const [started] = recording.processes;
  const use = useOf(
    (started?.resident ?? []).flatMap(({ timeMs, cpuMs, rssBytes }) =>
      cpuMs === undefined ? [] : [{ seconds: (timeMs - recording.startedAtMs) / 1000, cpuMs, rssBytes }],
    ),
  );
  const where = final.growth[0]?.where;
  const { inTargetRssBytes } = recording.own;
  return {
    program: truth.program,
    node: process.versions.node,
    commit,
    said: saidOf(result),
    ...(where ? { where: `${where.function}:${where.line}` } : {}),
    ...(use ? { use } : {}),
    ...(inTargetRssBytes === undefined ? {} : { koffiRssBytes: inTargetRssBytes }),
  };
}

function saidOf({ truth, course, final }: TruthResult): Said[] {
  const said: Said[] = [];
  for (const { seconds, diagnosis } of course) {
    const { kind, leak, confidence } = diagnosis.verdict;
    const before = said.at(-1);
    const isMark = Math.floor(seconds / MARK_SECONDS) > Math.floor((before?.[0] ?? 0) / MARK_SECONDS);
    if (isMark || before?.[1] !== kind || before[2] !== leak)
      said.push([Math.round(10 * seconds) / 10, kind, leak, confidence]);
  }
  const { kind, leak, confidence } = final.verdict;
  return [...said, [Math.max(truth.seconds, said.at(-1)?.[0] ?? 0), kind, leak, confidence]];
}
