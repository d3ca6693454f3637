/**
 * Captures on every Node.js line: what is predicted bounds what is real, what does not fit is refused with the numbers and
 * leaves nothing behind, and a file that did not become whole is removed.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PlimsollError } from "../../src/base/errors.ts";
import { sampleAllocations } from "../../src/heap/allocation-sample.ts";
import { captureHeap, streamHeap } from "../../src/heap/capture.ts";
import { predictCapture, sumSpaces } from "../../src/heap/capture-estimate.ts";
import { readHeadroom, refuseCapture } from "../../src/heap/capture-headroom.ts";
import { takeCensus } from "../../src/heap/class-census.ts";
import { checkRoom, finishSnapshot, partialName } from "../../src/heap/finished-snapshot.ts";
import { availableNodes } from "../support/nodes.ts";
import { runWell } from "../support/processes.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const CASE = join(ROOT, "bench", "support", "capture-case.mjs");
const GENEROUS = { maxPauseMs: 600_000 };
const SECRET = "hush-hush-4711";
const kept = [{ secret: SECRET }];

let folder: string;
const file = (): string => join(folder, "a.heapsnapshot");

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plimsoll-capture-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return PlimsollError.is(error) ? error.code : String(error);
  }
}

interface Measured {
  readonly nodes: number;
  readonly extraBytes: number;
  readonly prediction: { readonly objects: number; readonly extraBytes: number };
}

describe.each(availableNodes())("on Node $version", ({ path }) => {
  it.each(["small objects in a Map", "trees", "number arrays"])("%s take no more than predicted", (shape) => {
    const args = [CASE, join(ROOT, "dist", "heap"), shape, "0.1", file(), "guarded"];
    const { nodes, extraBytes, prediction } = JSON.parse(runWell(path, args, { cwd: folder })) as Measured;
    expect(extraBytes).toBeLessThanOrEqual(prediction.extraBytes);
    expect(prediction.objects / nodes).toBeGreaterThan(0.7);
    expect(prediction.objects / nodes).toBeLessThan(4);
  });
});

describe("captureHeap", () => {
  it("writes a whole file that only its owner may read", () => {
    const captured = captureHeap({ file: file(), ...GENEROUS });
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(captured.fileBytes).toBe(statSync(file()).size);
    const text = readFileSync(file(), "utf8");
    expect(text).toContain(SECRET);
    expect(JSON.parse(text)).toHaveProperty("snapshot.node_count");
    expect(readdirSync(folder)).toEqual(["a.heapsnapshot"]);
    expect(kept).toHaveLength(1);
  });

  it("refuses a pause that was not allowed, with the numbers, and leaves nothing", () => {
    expect(() => captureHeap({ file: file(), maxPauseMs: 1 })).toThrow(/may stop the program for [\d.]+ s, more than/);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("overwrites nothing", () => {
    writeFileSync(file(), "mine");
    expect(codeOf(() => captureHeap({ file: file(), ...GENEROUS }))).toBe("ERR_PLIMSOLL_CAPTURE_REFUSED");
    expect(readFileSync(file(), "utf8")).toBe("mine");
  });

  it("names a folder that is not there", () => {
    const missing = join(folder, "none", "a.heapsnapshot");
    expect(codeOf(() => captureHeap({ file: missing, ...GENEROUS }))).toBe("ERR_PLIMSOLL_UNWRITABLE");
  });
});

it("streamHeap gives the same text, as fast as it is read", async () => {
  const { stream, plan } = streamHeap(GENEROUS);
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  const { snapshot } = JSON.parse(text) as { snapshot: { node_count: number } };
  expect(plan.prediction.objects).toBeGreaterThan(snapshot.node_count / 2);
});

it("takeCensus counts collections and their entries, and shows no string", () => {
  const large = new Map(Array.from({ length: 54_321 }, (_, index) => [`${SECRET}${index}`, index]));
  const census = takeCensus(GENEROUS);
  expect(census.classes.find(({ name }) => name === "Map")?.largest).toContain(large.size);
  expect(JSON.stringify(census)).not.toContain(SECRET);
  expect(takeCensus({ maxPauseMs: 1 })).toMatchObject({ classes: [], refused: ["Map", "Set", "Array"] });
});

it("sampleAllocations names who allocates", async () => {
  const found: object[] = [];
  const sampling = sampleAllocations(200);
  function allocatesALot(): void {
    for (let index = 0; index < 200_000; index += 1) found.push({ index });
  }
  allocatesALot();
  const functions = await sampling;
  expect(functions.map((one) => one.function)).toContain("allocatesALot");
  expect(found).toHaveLength(200_000);
});

describe("finishSnapshot", () => {
  it.each([
    ["empty", ""],
    ["cut off", `{"snapshot":{},"nodes":[${"1,".repeat(2000)}`],
    ["too short", '{"strings":[]}'],
  ])("removes a file that is %s", (_, text) => {
    writeFileSync(partialName(file()), text);
    expect(codeOf(() => finishSnapshot(file()))).toBe("ERR_PLIMSOLL_CAPTURE_FAILED");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("fails where nothing was written", () => {
    expect(codeOf(() => finishSnapshot(file()))).toBe("ERR_PLIMSOLL_CAPTURE_FAILED");
    expect(existsSync(file())).toBe(false);
  });

  it("asks for no more than the disk has", () => {
    expect(codeOf(() => checkRoom(file(), 2 ** 60))).toBe("ERR_PLIMSOLL_CAPTURE_REFUSED");
    expect(codeOf(() => checkRoom(file(), 1))).toBeUndefined();
  });
});

describe("predictions", () => {
  const sizes = fc.record({
    usedBytes: fc.integer({ min: 1, max: 2 ** 36 }),
    largeBytes: fc.integer({ min: 0, max: 2 ** 36 }),
    youngBytes: fc.integer({ min: 0, max: 2 ** 26 }),
    fillRatio: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const count = fc.record({
    available: fc.constant(true as const),
    oldObjects: fc.integer({ min: 0, max: 2 ** 31 }),
    youngObjects: fc.integer({ min: 0, max: 2 ** 24 }),
    youngBytes: fc.integer({ min: 0, max: 2 ** 26 }),
    longestArray: fc.integer({ min: 0, max: 2 ** 28 }),
    sampledBytes: fc.constant(2 ** 22),
  });
  const node = fc.integer({ min: 18, max: 30 });

  it("are finite, and never smaller where pages cannot be read or an array is longer", () => {
    fc.assert(
      fc.property(sizes, count, node, (heap, found, major) => {
        const known = predictCapture(heap, found, major);
        const unknown = predictCapture(heap, { available: false, reason: "" }, major);
        const longer = predictCapture(heap, { ...found, longestArray: found.longestArray * 2 }, major);
        for (const { extraBytes, pauseMs, fileBytes } of [known, unknown, longer]) {
          expect([extraBytes, pauseMs, fileBytes].every((value) => Number.isSafeInteger(value) && value > 0)).toBe(
            true,
          );
        }
        expect(unknown.objects).toBeGreaterThanOrEqual(known.objects);
        expect(longer.extraBytes).toBeGreaterThanOrEqual(known.extraBytes);
      }),
    );
  });

  it("are refused exactly where they leave no reserve or stop the program for too long", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 32 }),
        fc.integer({ min: 1, max: 2 ** 33 }),
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 1, max: 10_000 }),
        (extraBytes, bytes, pauseMs, maxPauseMs) => {
          const prediction = { objects: 1, extraBytes, pauseMs, fileBytes: 1, basis: "pages" } as const;
          const headroom = { bytes, limitBytes: 2 ** 33, source: "a limit" };
          const reserve = 2 ** 33 * 0.05;
          const refusal = refuseCapture(prediction, headroom, { maxPauseMs });
          const reason = extraBytes + reserve > bytes ? "memory" : pauseMs > maxPauseMs ? "pause" : undefined;
          expect(refusal?.details["reason"]).toBe(reason);
        },
      ),
    );
  });

  it("know the spaces of a heap, and the room under this process's limits", () => {
    const space = (name: string, usedBytes: number, sizeBytes: number) => ({ name, usedBytes, sizeBytes });
    const spaces = [space("old_space", 60, 80), space("new_space", 5, 16), space("large_object_space", 30, 32)];
    expect(sumSpaces(spaces, 95)).toEqual({ usedBytes: 95, largeBytes: 30, youngBytes: 5, fillRatio: 0.75 });
    expect(sumSpaces([], 95)).toEqual({ usedBytes: 95, largeBytes: 0, youngBytes: 0, fillRatio: 1 });
    expect(readHeadroom().bytes).toBeGreaterThan(0);
  });
});
