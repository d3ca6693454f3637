import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { CodeLocation } from "../../src/base/wire.ts";
import { growthBySite } from "../../src/diagnose/growth-site.ts";
import type { AllocationProfile } from "../../src/monitor/remote/recording.ts";
import { MB, site } from "./recording-builder.ts";

function profile(
  seconds: number,
  sinceSeconds: number,
  precise: boolean,
  sites: AllocationProfile["sites"],
): AllocationProfile {
  return {
    timeMs: seconds * 1000,
    sinceMs: sinceSeconds * 1000,
    samplingIntervalBytes: 16_384,
    precise,
    collection: { timeMs: seconds * 1000, usedBytes: 0, externalBytes: 0, pauseMs: 5, forced: true },
    sites,
    totalBytes: sites.reduce((sum, each) => sum + each.bytes, 0),
  };
}

describe("growthBySite", () => {
  it("subtracts what was there before", () => {
    const growth = growthBySite([
      profile(3, 0, false, [site("load", 1, 20 * MB), site("keep", 9, MB)]),
      profile(9, 0, false, [site("load", 1, 20 * MB), site("keep", 9, 4 * MB)]),
    ]);
    expect(growth).toMatchObject({ seconds: 6, bytes: 3 * MB, precise: false });
    expect(growth?.sites.map(({ where }) => where.function)).toEqual(["keep"]);
  });

  it("compares only profiles of the same sampling, and precise ones alone where there are any", () => {
    expect(growthBySite([])).toBeUndefined();
    expect(growthBySite([profile(3, 0, false, [site("keep", 9, MB)])])).toBeUndefined();
    expect(growthBySite([profile(3, 0, false, []), profile(9, 5, false, [site("keep", 9, MB)])])).toBeUndefined();
    const growth = growthBySite([
      profile(3, 0, false, [site("old", 1, 9 * MB)]),
      profile(9, 5, true, [site("keep", 9, MB)]),
    ]);
    expect(growth).toMatchObject({ seconds: 4, bytes: MB, precise: true });
  });

  it("takes call paths that end in one function together", () => {
    const from = (name: string): object => ({ callers: [{ function: name, file: "/app/a.js", line: 1, column: 1 }] });
    const growth = growthBySite([
      profile(9, 5, true, [site("keep", 9, MB, from("a")), site("keep", 9, 3 * MB, from("b"))]),
    ]);
    expect(growth?.sites).toHaveLength(1);
    expect(growth?.sites[0]).toMatchObject({ bytes: 4 * MB, callers: [{ function: "b" }] });
  });

  it("takes a batch that is alive in the last of several profiles for no growth", () => {
    const growth = growthBySite([
      profile(8, 5, true, [site("keep", 9, 1 * MB), site("batch", 20, 11 * MB)]),
      profile(11, 5, true, [site("keep", 9, 2 * MB), site("batch", 20, 2 * MB)]),
      profile(14, 5, true, [site("keep", 9, 3 * MB), site("batch", 20, 18 * MB)]),
      profile(17, 5, true, [site("keep", 9, 4 * MB), site("batch", 20, 9 * MB)]),
    ]);
    expect(growth?.seconds).toBe(9);
    expect(growth?.sites[0]).toMatchObject({ where: { function: "keep" }, bytes: 3 * MB });
  });

  describe("of a place that went on under rough sampling", () => {
    const main: CodeLocation = { function: "main", file: "/app/src/server.js", line: 40, column: 1 };
    const named = [
      profile(8, 5, true, [site("keep", 9, 1 * MB, { callers: [main] })]),
      profile(11, 5, true, [site("keep", 9, 2 * MB, { callers: [main] })]),
      profile(14, 5, true, [site("keep", 9, 3 * MB, { callers: [main] }), site("chance", 30, 16_384)]),
    ];
    const rough = (keepBytes: number, mainBytesPerReading: number): AllocationProfile[] =>
      [1, 2, 3, 4].map((reading) =>
        profile(15 + 3 * reading, 15, false, [
          site("keep", 9, keepBytes),
          site("main", 40, reading * mainBytesPerReading),
        ]),
      );

    it("counts what its caller is billed for once it is inlined there, even where it was sampled before", () => {
      const growth = growthBySite([...named, ...rough(65_536, MB)]);
      expect(growth?.sites[0]).toMatchObject({ where: { function: "keep" }, bytes: 2 * MB });
    });

    it("counts no more than the caller's bill, which then rises less", () => {
      const growth = growthBySite([...named, ...rough(65_536, MB / 4)]);
      expect(growth?.sites.find(({ where }) => where.function === "keep")?.bytes).toBeCloseTo(MB / 2, 0);
    });

    it("does not count what the caller allocates itself", () => {
      const withMain = named.map((each, index) =>
        profile(each.timeMs / 1000, 5, true, [...each.sites, site("main", 40, (index + 1) * MB)]),
      );
      const growth = growthBySite([...withMain, ...rough(65_536, MB)]);
      expect(growth?.sites.map(({ where }) => where.function)).not.toContain("keep");
      expect(growth?.sites[0]).toMatchObject({ where: { function: "main" }, bytes: 2 * MB });
    });
  });

  it("goes by the profile before the last when an ending program has let go", () => {
    const growth = growthBySite([
      profile(9, 5, true, [site("keep", 9, MB)]),
      profile(13, 5, true, [site("keep", 9, 3 * MB)]),
      profile(14, 5, true, [site("bye", 20, 1024)]),
    ]);
    expect(growth?.sites[0]?.where.function).toBe("keep");
  });

  it("finds no site that did not grow, and loses no byte of those that did", () => {
    const list = fc.array(
      fc.record({ line: fc.integer({ min: 1, max: 9 }), bytes: fc.integer({ min: 0, max: 1e6 }) }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(list, list, (before, after) => {
        const sites = (entries: typeof before): AllocationProfile["sites"] =>
          entries.map(({ line, bytes }) => site(`f${line}`, line, bytes));
        const growth = growthBySite([profile(3, 0, false, sites(before)), profile(9, 0, false, sites(after))]);
        const sum = (entries: typeof before, line: number): number =>
          entries.filter((entry) => entry.line === line).reduce((total, { bytes }) => total + bytes, 0);
        fc.pre(growth !== undefined && growth.seconds === 6);
        for (const each of growth?.sites ?? []) {
          expect(each.bytes).toBe(sum(after, each.where.line) - sum(before, each.where.line));
          expect(each.bytes).toBeGreaterThan(0);
        }
      }),
    );
  });
});
