/** Readings of a ledger in a recording: the first and the newest, a short course, places in the user's own files. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LedgerMessage } from "../../../src/base/wire.ts";
import { SourcePositions } from "../../../src/monitor/remote/source-positions.ts";
import { ThreadRecorder } from "../../../src/monitor/remote/thread-recorder.ts";

const HELLO = {
  type: "hello",
  pid: 1,
  parentPid: 0,
  threadId: 0,
  node: "20.0.0",
  heapLimitBytes: 1,
  script: "a.js",
  timeMs: 0,
  preloadMs: 1,
} as const;

function readingAt(timeMs: number): LedgerMessage {
  const where = { function: "f", file: "/none.ts", line: 3, column: 1 };
  return {
    type: "ledger",
    timeMs,
    totals: [{ name: "handle", live: timeMs, created: 2 * timeMs, bytes: 8 }],
    places: [
      { name: "handle", where, live: timeMs, sinceMs: 0 },
      { name: "handle", live: 1, sinceMs: 0 },
    ],
  };
}

describe("a thread's ledger", () => {
  it("is absent until the first reading", () => {
    const { recording } = new ThreadRecorder(HELLO, new SourcePositions());
    expect(recording.ledger).toBeUndefined();
    expect(recording.ledgerCourse).toBeUndefined();
  });

  it("keeps the first and the newest reading and a bounded course, however many come", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), (count) => {
        const recorder = new ThreadRecorder(HELLO, new SourcePositions());
        for (let timeMs = 1; timeMs <= count; timeMs++) recorder.add(readingAt(timeMs));
        const { ledger = [], ledgerCourse = [] } = recorder.recording;
        const { type: _, ...newest } = readingAt(count);
        expect(ledger.map(({ timeMs }) => timeMs)).toEqual(count === 1 ? [1] : [1, count]);
        expect(ledger.at(-1)).toEqual(newest);
        expect(ledgerCourse.length).toBeLessThanOrEqual(30);
        expect(ledgerCourse[0]?.timeMs).toBe(1);
        expect(ledgerCourse.at(-1)).toEqual({ timeMs: count, totals: [{ name: "handle", live: count, bytes: 8 }] });
      }),
      { numRuns: 30 },
    );
  });
});
