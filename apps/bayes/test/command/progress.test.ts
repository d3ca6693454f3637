/** What is shown of progress, on a terminal and elsewhere, with a clock that is moved by hand. */
import { expect, it } from "vitest";
import { Progress, type ProgressStream } from "../../src/command/progress.ts";
import type { ChainProgress } from "../../src/workers/fit-in-workers.ts";

function watch(terminal: Partial<ProgressStream>): { show(atMs: number, ...made: number[]): string; end(): void } {
  let written = "";
  let nowMs = 0;
  const progress = new Progress({ ...terminal, write: (text) => (written += text) }, () => nowMs);
  return {
    show(atMs, ...made) {
      [nowMs, written] = [atMs, ""];
      progress.show(
        made.map((each): ChainProgress => {
          return { made: each, total: 2000, isWarm: each >= 1000, divergences: each > 1500 ? 3 : 0, atMaxDepth: 0 };
        }),
      );
      return written;
    },
    end: () => progress.end(),
  };
}

it.each([80, 120, 40])("draws a line a chain on a terminal of %d columns, none longer than it", (columns) => {
  const { show, end } = watch({ isTTY: true, columns, rows: 24 });
  const first = show(0, 0, 0, 0);
  expect(first.split("\n")).toHaveLength(4);
  const second = show(1000, 200, 1600, 2000);
  expect(second.startsWith("\u001B[3A")).toBe(true);
  const lines = second
    .replaceAll(/\p{Cc}\[\d?[A-Z]/gu, "")
    .trimEnd()
    .split("\n");
  for (const line of lines) expect(line.length).toBeLessThan(columns);
  if (columns >= 80) {
    expect(lines[0]).toMatch(/^chain 1 ━+╌+ warms up 200 of 2,000 +9 s left$/);
    expect(lines[1]).toMatch(/^chain 2 ━+╌+ draws +1,600 of 2,000 +1 s left +3 diverged$/);
    expect(lines[2]).toMatch(/^chain 3 ━+ done +2,000 of 2,000 +3 diverged$/);
  }
  end();
  expect(show(1200, 300, 1700, 2000).startsWith("\u001B[2K")).toBe(true);
});

it("draws one line for all where chains are more than lines", () => {
  const { show } = watch({ isTTY: true, columns: 80, rows: 3 });
  expect(show(0, 500, 500, 500, 500)).toMatch(/bayes: 25 %, 2,000 of 8,000 draws, \? left\n$/);
});

it("writes a line every five seconds elsewhere, at the pace of the last ten", () => {
  const { show } = watch({});
  expect(show(1000, 10, 10)).toBe("");
  expect(show(5000, 50, 50)).toBe("bayes: 2 %, 100 of 4,000 draws, 3 min left\n");
  expect(show(9000, 60, 60)).toBe("");
  expect(show(16_000, 1050, 1050)).toBe("bayes: 52 %, 2,100 of 4,000 draws, 11 s left\n");
});
