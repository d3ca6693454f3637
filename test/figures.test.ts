/**
 * The page of benchmarks says what bench/results says, misses included: it is current, and its writer
 * is right about goals.
 */
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, it } from "vitest";
import { meetsGoal, writeTable } from "../scripts/figure-table.ts";
import { pagesWithTables, renderPage, renderSection, renderTables } from "../scripts/write-figures.ts";

const ROOT = join(import.meta.dirname, "..");

describe("tables of figures in other pages", () => {
  it.each(pagesWithTables().map((file) => relative(ROOT, file)))("are current in %s", (file) => {
    const page = readFileSync(join(ROOT, file), "utf8");
    expect(page).toBe(renderTables(page));
  });

  it("are replaced whole", () => {
    const table = renderTables("a\n<!-- figures: scope -->\nold\n<!-- end of figures -->\nb\n");
    expect(table).toMatch(
      /^a\n<!-- figures: scope -->\n\n`npm run bench:scope` at .+\n\n\| what \|[^]+\|\n\n<!-- end of figures -->\nb\n$/,
    );
    expect(renderTables(table)).toBe(table);
  });
});

describe("docs/benchmarks.md", () => {
  it("is what `npm run docs:figures` writes", () => {
    const page = readFileSync(join(ROOT, "docs", "benchmarks.md"), "utf8");
    expect(page).toBe(renderPage());
  });

  it.each([
    [15, ">= 15", true],
    [14.9, ">= 15", false],
    [0.02, "<= 0.02 %", true],
    [3, "< 3", false],
    [4, "> 3", true],
    [0, "0", true],
    [1, "= 0", false],
    [1, undefined, undefined],
    ["js-heap leak", "js-heap", true],
    ["plateau no leak", "healthy | plateau", true],
    ["plateau no leak", "healthy", false],
    ["js-heap-like", "js-heap", false],
    [1, "as small as it gets", undefined],
  ])("judges %j against %s as %s", (value, goal, met) => {
    expect(meetsGoal(value, goal)).toBe(met);
  });

  it("shows a miss as a miss", () => {
    const rows = [{ name: "cost", value: 3, unit: "ms", goal: "<= 2", runs: [3, 3], peers: { "other 1.0": 4 } }];
    const section = renderSection("x", {
      schema: "plimsoll.bench/1",
      command: "npm run bench:x",
      commit: "abc",
      node: "v20",
      machine: "m",
      rows,
    });
    expect(section).toContain("| cost | 3 ms | <= 2 | **missed** | 2 | other 1.0: 4 |");
  });

  it("leaves out columns that say nothing", () => {
    expect(writeTable(["what", "goal"], [["a|b", ""]])).toBe("| what |\n| --- |\n| a\\|b |\n");
  });
});
