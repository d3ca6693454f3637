/** Real tasks in a real heap: the number of tasks at once that kills the process when it is set by hand is never reached. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { run } from "../support/processes.ts";

const HOLDING = join(import.meta.dirname, "fixtures", "holding-tasks.mjs");
const TSX = ["--import", "tsx"];
const OLD_SPACE_MB = 96;
const DEADLINE_MS = 45_000;

function hold(...args: readonly string[]) {
  const flags = [`--max-old-space-size=${OLD_SPACE_MB}`, ...TSX, HOLDING, ...args];
  return run(process.execPath, flags, { cwd: join(import.meta.dirname, "..", ".."), deadlineMs: DEADLINE_MS });
}

it("dies with all tasks at once, and ends well with as many as fit", () => {
  const all = hold("all");
  expect(all.signal ?? all.status).not.toBe(0);
  expect(all.stderr).toMatch(/heap out of memory/);

  const fitting = hold("fitting");
  expect(fitting.stderr).not.toMatch(/heap out of memory/);
  expect(fitting.status).toBe(0);
  const { ended, inFlight, waiting, costMb } = JSON.parse(fitting.stdout) as Record<string, number>;
  expect({ ended, inFlight, waiting }).toEqual({ ended: 250, inFlight: 0, waiting: 0 });
  expect(costMb).toBeGreaterThan(1.5);
  expect(costMb).toBeLessThan(3.5);
});
