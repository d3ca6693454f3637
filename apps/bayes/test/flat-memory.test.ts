/** A compiled density allocates nothing: the heap after thousands of calls, in a process of its own. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";

const PROGRAM = join(import.meta.dirname, "fixtures", "flat-memory.mjs");

/** Heap in use after a collection, after each thousand calls. */
function heapAfterCalls(): { readonly heapBytes: readonly number[]; readonly refused: number } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--expose-gc", PROGRAM], {
    encoding: "utf8",
    timeout: 30_000,
    killSignal: "SIGKILL",
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as ReturnType<typeof heapAfterCalls>;
}

it("the heap is flat over 12,000 gradients, with a model that is refused each time beside them", () => {
  const { heapBytes, refused } = heapAfterCalls();
  expect(heapBytes).toHaveLength(11);
  expect(refused).toBe(120);
  // A number kept a call would be 80 KB and more.
  const [first, last] = [heapBytes.slice(0, 4), heapBytes.slice(-4)].map((readings) => Math.min(...readings));
  expect((last ?? Infinity) - (first ?? 0)).toBeLessThan(64 << 10);
});
