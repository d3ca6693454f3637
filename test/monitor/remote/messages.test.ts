/** Lines out of any chunks; nothing that is no message gets through. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineSplitter, parseMessage } from "../../../src/monitor/remote/messages.ts";

describe("LineSplitter", () => {
  it("gives the same lines however the stream is cut", () => {
    const lines = fc.array(fc.string().map((text) => text.replaceAll("\n", "")));
    fc.assert(
      fc.property(lines, fc.array(fc.nat({ max: 20 })), (expected, cuts) => {
        const stream = expected.map((line) => `${line}\n`).join("");
        const splitter = new LineSplitter();
        const found: string[] = [];
        let at = 0;
        for (const cut of [...cuts, stream.length]) {
          found.push(...(splitter.push(stream.slice(at, at + cut)) ?? []));
          at += cut;
        }
        expect(found).toEqual(expected);
      }),
    );
  });

  it("gives up on a line without end", () => {
    const splitter = new LineSplitter();
    const chunk = "x".repeat(1 << 20);
    const answers = Array.from({ length: 9 }, () => splitter.push(chunk));
    expect(answers.at(-1)).toBeUndefined();
    expect(answers[0]).toEqual([]);
  });
});

const SAMPLE = {
  type: "sample",
  timeMs: 1,
  rssBytes: 2,
  heapUsedBytes: 3,
  heapTotalBytes: 4,
  externalBytes: 5,
  arrayBuffersBytes: 6,
  mallocedBytes: 7,
  requests: 8,
  cpuMs: 9,
  ownCpuMs: 10,
};
const WHERE = { function: "f", file: "/a.js", line: 1, column: 1 };
const COLLECTION = { timeMs: 1, usedBytes: 2, externalBytes: 3, pauseMs: 4, forced: true };
const SITE = { where: WHERE, callers: [WHERE], bytes: 1, count: 1, viaNodeBytes: 0 };
const PROFILE = {
  type: "profile",
  timeMs: 1,
  sinceMs: 0,
  samplingIntervalBytes: 1,
  precise: false,
  collection: COLLECTION,
  sites: [SITE],
  totalBytes: 1,
};
const LEDGER = {
  type: "ledger",
  timeMs: 1,
  totals: [{ name: "jax-js", live: 1, created: 2, bytes: 3 }],
  places: [
    { name: "jax-js", where: WHERE, live: 1, bytes: 3, sinceMs: 1 },
    { name: "jax-js", live: 1, sinceMs: 1 },
  ],
};
const HEAP = {
  type: "heap",
  timeMs: 1,
  spaces: [{ name: "code_space", usedBytes: 1, sizeBytes: 2 }],
  mallocedBytes: 1,
  nativeContexts: 1,
  detachedContexts: 0,
  globalHandlesBytes: 1,
  code: { codeBytes: 1, bytecodeBytes: 1, externalSourceBytes: 1 },
};
const ACCOUNT = {
  ...{ timeMs: 1, rssBytes: 2, arenaBytes: 3, usedBytes: 4 },
  ...{ freeBytes: 5, mmappedBytes: 6, mmappedCount: 7 },
};
const READING = { rssBytes: 1, heapUsedBytes: 2, heapTotalBytes: 3, externalBytes: 4, arrayBuffersBytes: 5 };
const TRIAL = { type: "experiment", id: 1, name: "trim", timeMs: 1, pauseMs: 2, before: READING, after: READING };

describe("parseMessage", () => {
  it("reads whole messages", () => {
    for (const message of [
      SAMPLE,
      { ...SAMPLE, turnMs: 3 },
      PROFILE,
      HEAP,
      { type: "allocator", timeMs: 1, account: ACCOUNT, loaded: { rssBytes: 1, ms: 2 } },
      { type: "allocator", timeMs: 1, reason: "no koffi" },
      TRIAL,
      { type: "experiment", id: 1, name: "turn", timeMs: 1, pauseMs: 0, reason: "no" },
      LEDGER,
      { type: "ledger", timeMs: 1, totals: [], places: [] },
      { type: "bye", timeMs: 1, code: 0 },
    ]) {
      expect(parseMessage(JSON.stringify(message))).toEqual(message);
    }
  });

  it.each([
    "",
    "{",
    "null",
    "[]",
    "1",
    '{"type":"toString"}',
    '{"type":"bye"}',
    JSON.stringify({ ...SAMPLE, rssBytes: "2" }),
    JSON.stringify({ ...SAMPLE, rssBytes: null }),
    JSON.stringify({ ...PROFILE, sites: [{ ...SITE, where: { ...WHERE, file: 1 } }] }),
    JSON.stringify({ ...PROFILE, sites: Array.from({ length: 1001 }, () => SITE) }),
    JSON.stringify({ ...PROFILE, collection: {} }),
    JSON.stringify({ ...SAMPLE, turnMs: "3" }),
    JSON.stringify({ ...HEAP, spaces: [{ name: "x" }] }),
    JSON.stringify({ ...HEAP, code: {} }),
    JSON.stringify({ type: "allocator", timeMs: 1 }),
    JSON.stringify({ type: "allocator", timeMs: 1, account: { ...ACCOUNT, usedBytes: "4" } }),
    JSON.stringify({ ...TRIAL, name: "crash" }),
    JSON.stringify({ ...TRIAL, after: undefined }),
    JSON.stringify({ ...TRIAL, before: undefined }),
    JSON.stringify({ type: "ledger", timeMs: 1, totals: [] }),
    JSON.stringify({ ...LEDGER, totals: [{ name: "x", live: 1 }] }),
    JSON.stringify({ ...LEDGER, places: [{ name: "x", live: 1, sinceMs: 1, where: { ...WHERE, line: "1" } }] }),
    JSON.stringify({ ...LEDGER, totals: Array.from({ length: 21 }, () => LEDGER.totals[0]) }),
    JSON.stringify({ type: "collections", majors: [1], minorCount: 0, totalPauseMs: 0, observedMs: 0 }),
  ])("drops %s", (line) => expect(parseMessage(line)).toBeUndefined());

  it("never throws", () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (line) => void parseMessage(line)));
  });
});
