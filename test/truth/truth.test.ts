/**
 * Real programs with a known answer, several at a time: every verdict must be right, and no healthy
 * program may be called a leak, neither at its end nor on the way.
 */
import { beforeAll, describe, expect, it } from "vitest";
import type { AllocationProfile } from "../../src/monitor/remote/recording.ts";
import { inParallel, isRight, runTruth, type TruthResult } from "./run-truth.ts";
import { healthy, leaking, type Truth, truths } from "./truth.ts";

const AT_A_TIME = 8;
const isQuick = ({ isForBench }: Truth): boolean => isForBench !== true;
const results = new Map<string, TruthResult>();

beforeAll(async () => {
  for (const result of await inParallel(truths.filter(isQuick), AT_A_TIME, runTruth))
    results.set(result.truth.name, result);
}, 600_000);

function resultOf(truth: Truth): TruthResult {
  const result = results.get(truth.name);
  if (!result) throw new Error(`no result for ${truth.name}`);
  return result;
}

/** What the profiles of a recording hold, in short. */
function profilesIn({ processes }: TruthResult["recording"]): unknown {
  const inShort = ({ sites, ...rest }: AllocationProfile): unknown => ({ ...rest, top: sites.slice(0, 3) });
  return processes.map(({ threads }) => threads.map(({ profiles }) => profiles.map(inShort)));
}

describe.each(leaking.filter(isQuick))("$name", (truth) => {
  it("is found, with its kind", () => {
    const { final } = resultOf(truth);
    const { verdict } = final;
    // Told whole: what was ruled out, and why, is what a wrong verdict is understood by.
    if (!isRight(truth, final)) throw new Error(`wrong: ${JSON.stringify(final, undefined, 1)}`);
    expect(truth.kinds).toContain(verdict.kind);
    expect(verdict.confidence).toBeGreaterThan(0.5);
  });

  it("is billed to the function that allocates, on its line, or to none where a profile cannot know", () => {
    const { final, recording } = resultOf(truth);
    const [top] = final.growth;
    // Told whole: a profile that came late, or not at all, is seen by its times.
    if (truth.function !== top?.where?.function && truth.function !== undefined)
      throw new Error(`wrong: ${JSON.stringify([final, profilesIn(recording)], undefined, 1)}`);
    if (truth.function === undefined) expect(top?.where?.function).toBeOneOf([undefined, truth.mayName]);
    else {
      const file = expect.stringMatching(new RegExp(String.raw`/${truth.program.replace(".", String.raw`\.`)}$`));
      expect(top?.where).toMatchObject({ function: truth.function, file, line: truth.line });
      expect(top?.callers?.[0]?.function).toBe(truth.caller ?? top?.callers?.[0]?.function);
    }
  });

  it("is given per request where requests are served", () => {
    const perRequest = resultOf(truth).final.growth[0]?.bytesPerRequest ?? 0;
    expect(perRequest > 0).toBe(truth.perRequest ?? false);
  });
});

describe.each(healthy.filter(isQuick))("$name", (truth) => {
  it("is given a kind that is right", () => {
    expect(resultOf(truth).final.verdict).toMatchObject({ leak: false, kind: expect.toBeOneOf([...truth.kinds]) });
  });

  it("is never called a leak, at no moment", () => {
    const { course, final } = resultOf(truth);
    const moments = truth.isOpenUntilEnd ? [{ seconds: truth.seconds, diagnosis: final }] : course;
    const accused = moments.filter(({ diagnosis }) => diagnosis.verdict.leak);
    expect(accused.map(({ seconds, diagnosis }) => [seconds, diagnosis.verdict.sentence])).toEqual([]);
  });
});
