/**
 * Real programs with a known answer, several at a time: every verdict must be right, and no healthy
 * program may be called a leak, neither at its end nor on the way.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { inParallel, isRight, runTruth, type TruthResult } from "./run-truth.ts";
import { healthy, leaking, type Truth, truths } from "./truth.ts";

const AT_A_TIME = 6;
const results = new Map<string, TruthResult>();

beforeAll(async () => {
  for (const result of await inParallel(truths, AT_A_TIME, runTruth)) results.set(result.truth.name, result);
}, 600_000);

function resultOf(truth: Truth): TruthResult {
  const result = results.get(truth.name);
  if (!result) throw new Error(`no result for ${truth.name}`);
  return result;
}

/** What an assertion shows when it fails. */
function said({ final }: TruthResult): string {
  return JSON.stringify(
    { ...final.verdict, growth: final.growth.map(({ what, where }) => ({ what, where })) },
    null,
    2,
  );
}

describe.each(leaking)("$name", (truth) => {
  it("is found, with its kind", () => {
    const result = resultOf(truth);
    expect(isRight(truth, result.final), said(result)).toBe(true);
  });

  it("names the allocating function and its file where a profile can know it", () => {
    const result = resultOf(truth);
    const where = result.final.growth[0]?.where;
    if (truth.function === undefined) expect(where?.function ?? "unknown", said(result)).not.toBe("");
    else {
      expect(where?.function, said(result)).toBe(truth.function);
      if (truth.caller !== undefined) expect(result.final.growth[0]?.callers?.[0]?.function).toBe(truth.caller);
      expect(where?.file, said(result)).toMatch(new RegExp(`${truth.program.replace(".", "\\.")}$`));
      expect(where?.line, said(result)).toBe(truth.line);
    }
  });

  it("says what each request leaves behind where requests are served", () => {
    const perRequest = resultOf(truth).final.growth[0]?.bytesPerRequest ?? 0;
    expect(perRequest > 0).toBe(truth.perRequest ?? false);
  });
});

describe.each(healthy)("$name", (truth) => {
  it("is called by a kind that is right", () => {
    const result = resultOf(truth);
    expect(isRight(truth, result.final), said(result)).toBe(true);
  });

  it("is never called a leak, at no moment", () => {
    const accused = resultOf(truth).course.filter(({ diagnosis }) => diagnosis.verdict.leak);
    expect(accused.map(({ seconds, diagnosis }) => [seconds, diagnosis.verdict.sentence])).toEqual([]);
  });
});
