/**
 * The line that tells how far it is, on a terminal and elsewhere.
 */
import { afterEach, expect, it, vi } from "vitest";
import { ProgressLine } from "../../src/command/progress-line.ts";
import { describeEstimate, describeModel } from "../../src/command/words.ts";

afterEach(() => vi.useRealTimers());

/** Shows progress every second for so long; returns what was written. */
function show(isTTY: boolean, seconds: number, maxMemoryBytes?: number): string[] {
  vi.useFakeTimers();
  const written: string[] = [];
  const stream = { isTTY, write: (text: string | Uint8Array) => written.push(String(text)) > 0 };
  const line = new ProgressLine(stream, maxMemoryBytes);
  for (let done = 1; done <= seconds; done++) {
    vi.advanceTimersByTime(1000);
    line.show({ calls: 4000, callsDone: done, remainingMs: (4000 - done) * 1000 });
  }
  line[Symbol.dispose]();
  return written;
}

it("is written again and again on a terminal, and taken away", () => {
  const written = show(true, 3, 100 * 2 ** 20);
  expect(written).toHaveLength(4);
  for (const text of written) expect(text.startsWith("\r\u001B[K")).toBe(true);
  expect(written[2]).toMatch(/asked 3 of 4000 calls, 1\.1 h left; memory \d+ MB of 100 MB$/);
  expect(written[3]).toBe("\r\u001B[K");
});

it("is a line every few seconds elsewhere", () => {
  const written = show(false, 11);
  expect(written).toHaveLength(2);
  expect(written[0]).toMatch(/^ {2}asked 5 of 4000 calls, 1\.1 h left; memory \d+ MB\n$/);
});

it("is preceded by the price and followed by what came of it", () => {
  const estimate = { bindings: 900, calls: 23, callsDone: 3, tokensToSend: 1_440_000, tokensToReceive: 999 };
  expect(describeEstimate(estimate)).toBe(
    "900 names in 23 calls; 3 are answered already: about 1.4 M tokens to send and 999 to receive\n",
  );
  const summary = { bindings: 900, named: 850, calls: 23, answeredCalls: 22, failedCalls: 1, requests: 30 };
  expect(describeModel({ ...summary, sentBytes: 1, isComplete: false, journalPath: "out.answers" })).toBe(
    "  model: 850 of 900 names; 22 calls answered in 30 requests, no answer to 1\n" +
      "  not all was asked: --resume goes on with out.answers\n",
  );
});
