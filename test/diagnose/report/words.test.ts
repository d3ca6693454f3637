/**
 * Figures and verdicts in words, and lines that fit.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VERDICT_KINDS } from "../../../src/diagnose/finding.ts";
import {
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
  formatSure,
  headline,
  inlineWords,
} from "../../../src/diagnose/report/words.ts";
import { displayWidth, glueUnits, pad, wrap } from "../../../src/diagnose/report/wrap.ts";
import { MB, verdictOf } from "./samples.ts";

describe("figures", () => {
  it.each([
    [0.2, "0.2 s"],
    [9.96, "10 s"],
    [45, "45 s"],
    [59.6, "1 min"],
    [192, "3 min 12 s"],
    [600, "10 min"],
    [7_800, "2 h 10 min"],
    [3_580, "1 h"],
    [604_800, "7 days"],
    [220_000, "2.5 days"],
  ])("%d seconds", (seconds, words) => expect(formatDuration(seconds)).toBe(words));

  it("rates come in a unit of time that gives a number one can picture", () => {
    expect(formatRate(1.7 * MB)).toBe("+1.7 MB/s");
    expect(formatRate(291)).toBe("+1 MB/h");
    expect(formatRate(-2 * MB)).toBe("-2 MB/s");
    expect(formatRate(0)).toBe("+0 B/s");
  });

  it("shares, counts and confidence", () => {
    expect([0, 0.0002, 0.021, 0.5, 1.03].map(formatShare)).toEqual(["0%", "<0.1%", "2.1%", "50%", "103%"]);
    expect(formatCount(41_210.4)).toBe("41,210");
    expect([1, 0.984, -1].map(formatSure)).toEqual(["99% sure", "98% sure", "0% sure"]);
  });
});

describe("headline", () => {
  it("says leak only of leaks, and is not sure of what it does not know", () => {
    for (const kind of VERDICT_KINDS) {
      expect(headline(verdictOf(kind, "", { leak: true })).claim).toMatch(/^LEAK in /);
      const calm = headline(verdictOf(kind, ""));
      expect(calm.claim).not.toContain("LEAK");
      expect(calm.sure === undefined).toBe(kind === "undetermined");
    }
  });

  it("says what inlining leaves open", () => {
    const where = { file: "a.js", line: 1, function: "f" };
    expect(inlineWords(where)).toBeUndefined();
    expect(inlineWords({ ...where, inlinedInto: "f" })).toBe("or what V8 inlined into it");
    expect(inlineWords({ ...where, inlinedInto: "g" })).toBe("inlined into g");
  });
});

describe("wrap", () => {
  it("loses no word and passes the width only with a single one", () => {
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-zé漢.:/]{1,14}$/), { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 8, max: 60 }),
        (words, columns) => {
          const lines = wrap(words.join(" "), columns);
          expect(lines.join(" ")).toBe(words.join(" "));
          for (const line of lines) {
            if (line.includes(" ")) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
          }
        },
      ),
    );
  });

  it("keeps figures with their units", () => {
    expect(wrap("it used 391 MB of it", 11)).toEqual(["it used", "391 MB of", "it"]);
    expect(glueUnits("1.7 MB/s for 3 min")).toBe("1.7\u00a0MB/s for 3\u00a0min");
  });

  it("counts wide characters as two columns", () => {
    expect(displayWidth("漢字ab")).toBe(6);
    expect(pad("漢", 4)).toBe("漢  ");
    expect(pad("7", 3, "left")).toBe("  7");
  });
});
