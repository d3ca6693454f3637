/**
 * The kept recordings of real programs, judged once a second: nothing that leaks may be called healthy on the way,
 * however short the time, and nothing harmless a leak.
 */
import { describe, expect, it } from "vitest";
import { secondsOf } from "../../bench/rules/judging/course.ts";
import { readRecording } from "../../bench/rules/judging/store.ts";
import { diagnose } from "../../src/diagnose/diagnose.ts";
import type { Verdict } from "../../src/diagnose/finding.ts";
import type { Recording } from "../../src/monitor/remote/recording.ts";
import { healthy, leaking, type Truth } from "../truth/truth.ts";

/** A claim with less confidence than this is none. */
const CLAIM = 0.5;
/** In its last moments a program takes itself apart. */
const ENDING_SECONDS = 2;

function recordingOf({ program }: Truth): Recording {
  const kept = readRecording(program);
  if (!kept) throw new Error(`no recording of ${program} in bench/recordings: npm run bench:truth makes them`);
  return kept.recording;
}

/** What was said on the way, second by second. */
function verdictsOf(truth: Truth): { readonly seconds: number; readonly verdict: Verdict }[] {
  const cuts = [...secondsOf(recordingOf(truth))];
  return cuts.slice(0, -ENDING_SECONDS).map(({ seconds, recording }) => {
    return { seconds, verdict: diagnose(recording, { ended: false }).verdict };
  });
}

const inWords = ({ seconds, verdict }: ReturnType<typeof verdictsOf>[number]): string =>
  `${seconds} s: ${verdict.kind}, ${verdict.confidence}`;

describe("a leak on the way to its verdict", () => {
  it.each(leaking)("is never called healthy: $name", (truth) => {
    const wrong = verdictsOf(truth).filter(
      ({ verdict: { kind, confidence } }) => kind === "healthy" && confidence > CLAIM,
    );
    expect(wrong.map(inWords)).toEqual([]);
  });
});

describe("a program that does not leak", () => {
  it.each(healthy.filter(({ isOpenUntilEnd }) => isOpenUntilEnd !== true))("is never accused: $name", (truth) => {
    expect(
      verdictsOf(truth)
        .filter(({ verdict }) => verdict.leak)
        .map(inWords),
    ).toEqual([]);
  });
});
