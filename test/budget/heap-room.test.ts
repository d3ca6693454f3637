/** The old space of a heap, against what V8 itself says it is: each Node.js line is asked with flags and without. */
import { describe, expect, it } from "vitest";
import { oldSpaceBytes } from "../../src/budget/heap-room.ts";
import { runWell } from "../support/processes.ts";
import { availableNodes } from "../support/nodes.ts";

const MB = 2 ** 20;
const ASK = "process.stdout.write(String(require('node:v8').getHeapStatistics().heap_size_limit))";

describe.each(availableNodes())("Node.js $version", ({ version, path }) => {
  const ask = (flags: readonly string[]): number => {
    const heapLimitBytes = Number(runWell(path, [...flags, "-e", ASK], { cwd: import.meta.dirname }));
    const nodeMajor = Number.parseInt(version, 10);
    return oldSpaceBytes({ heapLimitBytes, flags: flags.join(" "), nodeMajor, youngMb: undefined }) / MB;
  };

  it.each([128, 512])("has the old space that it was started with: %d MB", (megabytes) => {
    expect(ask([`--max-old-space-size=${megabytes}`])).toBe(megabytes);
  });

  it("takes the semi-spaces off a limit on all of the heap", () => {
    expect(ask(["--max-heap-size=600", "--max-semi-space-size=3"])).toBe(600 - 3 * 4);
    expect(ask(["--max-heap-size=300"])).toBeLessThan(300);
  });
});

it("believes a worker's own limits", () => {
  const settings = { heapLimitBytes: 148 * MB, flags: "--max-old-space-size=4096", nodeMajor: 20, youngMb: 48 };
  expect(oldSpaceBytes(settings)).toBe(100 * MB);
  expect(oldSpaceBytes()).toBeGreaterThan(0);
});
