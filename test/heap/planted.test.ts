/**
 * Real programs with planted leaks, and healthy ones that look alike: the holder is among the first three suspects and
 * is called a leak, and nothing healthy is. On the running Node.js here, on all lines in bench/heap-suspects.bench.ts.
 */
import { describe, expect, it } from "vitest";
import { describeSuspects } from "../../src/heap/suspect.ts";
import { askPlanted, healthyPrograms, plantedLeaks } from "./planted/planted.ts";

const healthy = await healthyPrograms();

describe("planted programs", () => {
  it("are at least twelve of each", () => {
    expect(plantedLeaks.length).toBeGreaterThanOrEqual(12);
    expect(healthy.length).toBeGreaterThanOrEqual(12);
  });

  it.for(plantedLeaks)("$program: names the holder", { concurrent: true }, async ({ program, holder }, { expect }) => {
    const { suspects, rank } = await askPlanted(program, process.execPath, holder);
    expect(
      suspects
        .slice(0, 3)
        .map((suspect) => suspect.holder)
        .join("\n"),
    ).toMatch(new RegExp(holder.source, "m"));
    expect(rank).toBeLessThanOrEqual(3);
    const text = describeSuspects(suspects);
    expect(text.length).toBeLessThanOrEqual(2048);
    expect(text).not.toMatch(/user 7|street 1|https:/);
  });

  it.for(healthy)("%s: accuses nobody", { concurrent: true }, async (program, { expect }) => {
    const { suspects } = await askPlanted(program, process.execPath);
    expect(suspects.filter(({ isLeak }) => isLeak)).toEqual([]);
  });
});
