/** The small questions to a heap, on a snapshot of a program with known contents and on made-up graphs. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { measureArrayBuffers } from "../../src/heap/array-buffers.ts";
import { classHistogram } from "../../src/heap/class-histogram.ts";
import { className, edgeWord } from "../../src/heap/class-name.ts";
import { findClosures } from "../../src/heap/closures.ts";
import { findDetached } from "../../src/heap/detached-nodes.ts";
import { diffHeaps } from "../../src/heap/diff-heaps.ts";
import { findDuplicateStrings } from "../../src/heap/duplicate-strings.ts";
import { findSuspects } from "../../src/heap/find-suspects.ts";
import { NodeTally } from "../../src/heap/node-tally.ts";
import { openHeap } from "../../src/heap/open-heap.ts";
import { describeSuspects, holderOfGrowth, type Suspect } from "../../src/heap/suspect.ts";
import { ReferenceGraph, readReferenceGraph } from "../support/reference-graph.ts";
import { smallSnapshots } from "./small-snapshots.ts";

const PROGRAM = `
  class Parcel { constructor(n) { this.label = ["secret", n % 3].join("-"); } }
  globalThis.parcels = Array.from({ length: 300 }, (_, n) => new Parcel(n));
  globalThis.callbacks = Array.from({ length: 200 }, (_, n) => { const rows = [n, n]; return function onParcel() { return rows; }; });
  globalThis.upload = Buffer.alloc(300_000);
  globalThis.slice = upload.subarray(0, 9);
  require("node:v8").writeHeapSnapshot(process.argv[1]);
`;

describe("a snapshot with known contents", () => {
  let folder: string;
  let graph: ReferenceGraph;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "plimsoll-questions-"));
    const file = join(folder, "one.heapsnapshot");
    execFileSync(process.execPath, ["-e", PROGRAM, file], { timeout: 60_000 });
    graph = readReferenceGraph(file);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("counts objects by class", () => {
    const all = classHistogram(graph, 1e6);
    expect(all.find((one) => one.className === "Parcel")?.count).toBe(300);
    expect(classHistogram(graph, 3)).toHaveLength(3);
    expect(JSON.stringify(all)).not.toContain("secret-");
  });

  it("finds texts that are there many times, without telling them", () => {
    const found = findDuplicateStrings(graph);
    // 300 labels of three kinds.
    expect(found.filter(({ count }) => count === 100)).toHaveLength(3);
    expect(JSON.stringify(found)).not.toContain("secret");
  });

  it("groups closures by their function", () => {
    const found = findClosures(graph).find(({ name }) => name === "onParcel");
    expect(found?.count).toBe(200);
    expect(found?.retainedBytes).toBeGreaterThan(200 * 64);
    expect(found?.place?.line).toBe(4);
  });

  it("measures array buffers outside of the heap, and who shares them", () => {
    const { largest, outsideBytes, count } = measureArrayBuffers(graph);
    expect(largest[0]).toMatchObject({ outsideBytes: 300_000, viewCount: 2 });
    expect(outsideBytes).toBeGreaterThanOrEqual(300_000);
    expect(count).toBeGreaterThanOrEqual(1);
  });

  it("finds nothing detached in Node, and nothing new in the same snapshot", () => {
    expect(findDetached(graph)).toEqual([]);
    const { newCount, suspects, grewBytes } = diffHeaps(graph, graph, { between: graph });
    expect({ newCount, suspects, grewBytes }).toEqual({ newCount: 0, suspects: [], grewBytes: 0 });
  });

  it("calls nothing a leak without a third snapshot", () => {
    const ids = { has: (id: number) => id < graph.maxId / 2, maxId: graph.maxId };
    const { suspects, classes } = diffHeaps(ids, graph);
    expect(suspects.some(({ isLeak }) => isLeak)).toBe(false);
    expect(classes).toEqual([]);
    expect(describeSuspects(suspects).length).toBeLessThanOrEqual(2048);
  });
});

describe("a linked list in one snapshot", () => {
  it("is told by its head, not by a link in its middle", () => {
    const folder = mkdtempSync(join(tmpdir(), "plimsoll-list-"));
    try {
      const file = join(folder, "list.heapsnapshot");
      const program = `
        class Job { constructor(next, n) { this.next = next; this.rows = [n, n, n]; } }
        class Queue { add(n) { this.newest = new Job(this.newest, n); } }
        globalThis.queue = new Queue();
        for (let n = 0; n < 100_000; n += 1) queue.add(n);
        require("node:v8").writeHeapSnapshot(process.argv[1]);`;
      execFileSync(process.execPath, ["-e", program, file], { timeout: 60_000 });
      using graph = openHeap(file);
      const [first] = findSuspects(graph);
      expect(first).toMatchObject({ className: "Job", count: 100_000, isLeak: false });
      expect(first?.share).toBeGreaterThan(0.5);
      expect(first?.why).toMatch(/100,000 Job among it/);
      expect(first?.holder).toBe("Job globalThis.queue.newest");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("words", () => {
  const suspect: Suspect = {
    holder: "Map a in b.js",
    className: "Map",
    retainedBytes: 10,
    share: 0.1,
    count: 1,
    path: [],
    why: "x".repeat(300),
    isLeak: false,
    grewBytes: 5,
  };

  it("stay within 2 KB", () => {
    expect(describeSuspects(Array.from({ length: 12 }, () => suspect)).length).toBeLessThanOrEqual(2048);
    expect(describeSuspects([])).toBe("Nothing stands out.\n");
  });

  it("name the leak first", () => {
    expect(holderOfGrowth([suspect, { ...suspect, holder: "Set c in d.js", isLeak: true }])).toBe("Set c in d.js");
    expect(holderOfGrowth([suspect])).toBe("Map a in b.js");
    expect(holderOfGrowth([{ ...suspect, grewBytes: -5 }])).toBeUndefined();
  });

  it("hide keys that no source would write", () => {
    const word = (name: string): string => edgeWord({ type: "property", name, from: 0, to: 0 });
    expect(["cache", "#places", "https://a/?token=1", "<symbol kEvents>"].map(word)).toEqual([
      "cache",
      "#places",
      "[…]",
      "[kEvents]",
    ]);
  });
});

describe("on any graph", () => {
  it("questions end, stay bounded and accuse nobody of one snapshot", () => {
    fc.assert(
      fc.property(smallSnapshots(), smallSnapshots(), (one, other) => {
        const [first, last] = [new ReferenceGraph(one.file), new ReferenceGraph(other.file)];
        const { suspects } = diffHeaps(first, last, { limit: 3 });
        expect(suspects.length).toBeLessThanOrEqual(3);
        expect(suspects.every(({ isLeak }) => !isLeak)).toBe(true);
        for (let node = 0; node < last.nodeCount; node += 1) expect(className(last, node)).not.toBe("");
        findClosures(last);
        findDetached(last);
        findDuplicateStrings(last);
        measureArrayBuffers(last);
      }),
    );
  });

  it("sums by node are those of a Map", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(5000), fc.nat(100)), { maxLength: 3000 }), (entries) => {
        const tally = new NodeTally();
        const plain = new Map<number, number>();
        for (const [node, bytes] of entries) {
          tally.add(node, bytes);
          plain.set(node, (plain.get(node) ?? 0) + bytes);
        }
        expect(tally.size).toBe(plain.size);
        expect(new Map(tally.largest(1e6).map(({ node, bytes }) => [node, bytes]))).toEqual(plain);
      }),
      { numRuns: 30 },
    );
  });
});
