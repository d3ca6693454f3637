/**
 * One rule on one recording: what it said once a second and at the end, and what of that was right.
 */
import type { Recording } from "../../../src/monitor/remote/recording.ts";
import type { Truth } from "../../../test/truth/truth.ts";
import type { ComparedRule, Judgement } from "../rule.ts";
import { recordingUntil } from "./cut.ts";
import type { KeptRecording } from "./store.ts";

/** A judgement and when it was given. */
export interface Moment extends Judgement {
  /** Since the start of the program. */
  readonly seconds: number;
}

/** Everything that a rule said of one program. */
export interface Course {
  readonly truth: Truth;
  /** Of Node.js: `22`. */
  readonly line: string;
  /** Once a second while it ran. */
  readonly moments: readonly Moment[];
  readonly final: Moment;
}

/** A recording at every full second of its run. */
export function* secondsOf(recording: Recording): Generator<{ seconds: number; recording: Recording }> {
  const { startedAtMs } = recording;
  for (let seconds = 1; seconds < lengthOf(recording); seconds += 1)
    yield { seconds, recording: recordingUntil(recording, startedAtMs + seconds * 1000) };
}

/** Lets rules judge a recording, each at the same moments. */
export function judgeCourse(
  truth: Truth,
  { node, recording }: KeptRecording,
  rules: readonly ComparedRule[],
): Course[] {
  const cuts = [...secondsOf(recording)];
  return rules.map((rule) => ({
    truth,
    line: node.split(".")[0] ?? node,
    moments: cuts.map((cut) => ({ seconds: cut.seconds, ...rule.judge(cut.recording, false) })),
    final: { seconds: lengthOf(recording), ...rule.judge(recording, true) },
  }));
}

/** True when leak or no leak is right. */
export function hasRightFlag({ leak }: Truth, judgement: Judgement): boolean {
  return judgement.leak === leak;
}

/** True when the kind is right as well. */
export function hasRightKind(truth: Truth, judgement: Judgement): boolean {
  return hasRightFlag(truth, judgement) && judgement.kind !== undefined && truth.kinds.includes(judgement.kind);
}

/** Seconds after which it was right for good; infinite when it was wrong at the end. */
export function rightAfter(course: Course, isRight: (truth: Truth, judgement: Judgement) => boolean): number {
  const { truth, moments, final } = course;
  if (!isRight(truth, final)) return Number.POSITIVE_INFINITY;
  const lastWrong = moments.findLastIndex((moment) => !isRight(truth, moment));
  return (moments[lastWrong + 1] ?? final).seconds;
}

/** True for a program that does not leak and was called a leak; where only its end tells, only then. */
export function isAccused({ truth, moments, final }: Course): boolean {
  return !truth.leak && (final.leak || (!truth.isOpenUntilEnd && moments.some(({ leak }) => leak)));
}

function lengthOf({ startedAtMs, endedAtMs, processes }: Recording): number {
  const newestMs = Math.max(startedAtMs, ...processes.map(({ resident }) => resident.at(-1)?.timeMs ?? 0));
  return ((endedAtMs ?? newestMs) - startedAtMs) / 1000;
}
