/** Opening snapshots: the fast way against the plain one, on random graphs, and what is said of files that are cut. */
import { mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { PlimsollError } from "../../src/base/errors.ts";
import type { HeapGraph } from "../../src/heap/heap-graph.ts";
import { openHeap, openInFull } from "../../src/heap/open-heap.ts";
import { ReferenceGraph } from "../support/reference-graph.ts";
import { type SmallSnapshot, smallSnapshots, snapshotText } from "./small-snapshots.ts";

const folder = mkdtempSync(join(tmpdir(), "plimsoll-heap-"));
const path = join(folder, "a.heapsnapshot");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(text: string | Buffer): string {
  writeFileSync(path, text);
  return path;
}

/** All that a graph says, in the order of its nodes. */
function account(graph: HeapGraph): unknown {
  const { nodeCount, edgeCount, totalBytes, maxId, externalBytes } = graph;
  const nodes = Array.from({ length: nodeCount }, (_, node) => ({
    type: graph.type(node),
    name: graph.name(node),
    nameIndex: graph.nameIndex(node),
    id: graph.id(node),
    sameNode: graph.nodeWithId(graph.id(node)) === node,
    selfSize: graph.selfSize(node),
    retained: graph.retainedSize(node),
    isReachable: graph.isReachable(node),
    isDetached: graph.isDetached(node),
    dominator: graph.dominator(node),
    edges: [...graph.edges(node)],
    pathLength: graph.pathFromRoot(node).length,
    location: graph.location(node),
  }));
  return { nodeCount, edgeCount, totalBytes, maxId, externalBytes, nodes };
}

/** Path lengths may differ where the plain graph prefers the globals. */
function accountWithoutPaths(graph: HeapGraph): unknown {
  return JSON.parse(
    JSON.stringify(account(graph), (key: string, value: unknown) => (key === "pathLength" ? undefined : value)),
  );
}

function open(snapshot: SmallSnapshot): HeapGraph {
  return openHeap(write(snapshotText(snapshot)));
}

/** Steps from the root to each reachable node. */
function shortestLengths(plain: ReferenceGraph): Map<number, number> {
  const lengths = new Map([[0, 0]]);
  for (const [node, length] of lengths) {
    for (const edge of plain.edges(node)) {
      if (plain.isEssential(edge) && !lengths.has(edge.to)) lengths.set(edge.to, length + 1);
    }
  }
  return lengths;
}

function failureOf(text: string | Buffer): unknown {
  try {
    const graph = openHeap(write(text));
    graph[Symbol.dispose]();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("openHeap", () => {
  it("says the same of random graphs as the plain reading, in every layout", () => {
    fc.assert(
      fc.property(smallSnapshots(), (snapshot) => {
        using graph = open(snapshot);
        expect(accountWithoutPaths(graph)).toEqual(accountWithoutPaths(new ReferenceGraph(snapshot.file)));
      }),
      { numRuns: 300 },
    );
  });

  it("gives as retainers who keeps an object alive", () => {
    fc.assert(
      fc.property(smallSnapshots(), (snapshot) => {
        using graph = open(snapshot);
        const plain = new ReferenceGraph(snapshot.file);
        for (let node = 0; node < graph.nodeCount; node++) {
          const isReachable = plain.isReachable(node);
          const expected = plain
            .retainers(node)
            .filter((edge) => isReachable && plain.isReachable(edge.from) && plain.isEssential(edge));
          const found = [...graph.retainers(node)];
          expect(new Set(found.map(({ from }) => from))).toEqual(new Set(expected.map(({ from }) => from)));
          for (const { to, type } of found) expect([to, type === "weak"]).toEqual([node, false]);
          expect(found).toEqual(expect.arrayContaining(expected));
        }
      }),
      { numRuns: 100 },
    );
  });

  it("gives paths whose steps follow each other from the root and keep alive, and no longer than needed", () => {
    fc.assert(
      fc.property(smallSnapshots(), (snapshot) => {
        using graph = open(snapshot);
        const lengths = shortestLengths(new ReferenceGraph(snapshot.file));
        for (let node = 0; node < graph.nodeCount; node++) {
          const steps = graph.pathFromRoot(node);
          expect(steps.length).toBe(lengths.get(node) ?? 0);
          let at = 0;
          for (const { from, to, type } of steps) {
            expect(from).toBe(at);
            expect(type).not.toBe("weak");
            at = to;
          }
          expect(at).toBe(graph.isReachable(node) ? node : 0);
        }
      }),
      { numRuns: 100 },
    );
  });

  it("says the same again from the sidecar, which belongs to its owner alone", () => {
    fc.assert(
      fc.property(smallSnapshots(), (snapshot) => {
        write(snapshotText(snapshot));
        rmSync(`${path}.plimsoll`, { force: true });
        using full = openHeap(path, { sidecar: "write" });
        expect(statSync(`${path}.plimsoll`).mode & 0o777).toBe(0o600);
        using again = openHeap(path);
        expect(again.constructor).not.toBe(full.constructor);
        expect(account(again)).toEqual(account(full));
        for (let node = 0; node < full.nodeCount; node++) {
          expect([...again.retainers(node)]).toEqual([...full.retainers(node)]);
        }
      }),
      { numRuns: 60 },
    );
    rmSync(`${path}.plimsoll`, { force: true });
  });

  it("does not believe a sidecar of another snapshot, or one that is damaged anywhere", () => {
    const [first, second] = fc.sample(smallSnapshots(), { numRuns: 2, seed: 7 });
    if (!first || !second) throw new Error("no samples");
    write(snapshotText(first));
    using full = openHeap(path, { sidecar: "write" });
    const whole = readFileSync(`${path}.plimsoll`);
    for (let at = 0; at < whole.length; at += 1) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      writeFileSync(`${path}.plimsoll`, damaged);
      using graph = openHeap(path);
      expect(graph.constructor, `byte ${at}`).toBe(full.constructor);
    }
    writeFileSync(`${path}.plimsoll`, whole);
    utimesSync(path, 1, 1);
    using touched = openHeap(path);
    expect(touched.constructor).toBe(full.constructor);
    using other = open(second);
    expect(accountWithoutPaths(other)).toEqual(accountWithoutPaths(new ReferenceGraph(second.file)));
    rmSync(`${path}.plimsoll`, { force: true });
  });

  it("gives the same graph byte by byte with two threads, wherever they meet", () => {
    const sidecar = (claimsHere?: number, rowsAClaim = 2, pieceBytes = 64): Buffer => {
      rmSync(`${path}.plimsoll`, { force: true });
      const shares = { rowsAClaim, pieceBytes, ...(claimsHere !== undefined && { claimsHere }) };
      using graph = openInFull(path, { sidecar: "write", threads: claimsHere === undefined ? 1 : 2 }, shares);
      expect(graph.nodeCount).toBeGreaterThan(0);
      return readFileSync(`${path}.plimsoll`);
    };
    for (const [hasLines, isWide] of [
      [true, false],
      [true, true],
      [false, false],
    ] as const) {
      const [sample] = fc.sample(smallSnapshots(), { numRuns: 1, seed: 5 });
      if (!sample) throw new Error("no sample");
      const text = snapshotText({ ...sample, hasLines });
      write(isWide ? text.replaceAll("\n", "\r\n") : text);
      const alone = sidecar();
      const rows = sample.file.snapshot.edge_count;
      expect(rows).toBeGreaterThanOrEqual(10);
      for (let here = 0; here <= rows; here++)
        expect(sidecar(here, 1, 40).equals(alone), `split at ${here}`).toBe(true);
      for (const pieceBytes of [24, 25, 31, 1024]) expect(sidecar(2, 4, pieceBytes).equals(alone)).toBe(true);
    }
    rmSync(`${path}.plimsoll`, { force: true });
  });

  it("says the same of a damaged file with two threads", () => {
    const [sample] = fc.sample(smallSnapshots(), { numRuns: 1, seed: 5 });
    if (!sample) throw new Error("no sample");
    const whole = snapshotText(sample);
    const edgesAt = whole.indexOf('"edges":[') + 9;
    const outcome = (threads: 1 | 2): unknown => {
      try {
        using graph = openInFull(path, { threads }, { rowsAClaim: 1, pieceBytes: 40, claimsHere: 3 });
        return accountWithoutPaths(graph);
      } catch (error) {
        return String(error);
      }
    };
    for (const byte of ["]", "x", ",", "9", "-", " "]) {
      for (let at = edgesAt; at < edgesAt + 60; at += 7) {
        write(whole.slice(0, at) + byte + whole.slice(at + 1));
        expect(outcome(2), `${byte} at ${at}`).toEqual(outcome(1));
      }
    }
  });

  it("tells a cut file at every byte, and where", () => {
    const [snapshot] = fc.sample(smallSnapshots(), { numRuns: 1, seed: 11 });
    if (!snapshot) throw new Error("no sample");
    const text = Buffer.from(snapshotText(snapshot));
    for (let length = 0; length < text.length - 2; length++) {
      const error = failureOf(text.subarray(0, length));
      expect(PlimsollError.is(error, "ERR_PLIMSOLL_SNAPSHOT_CORRUPT"), `cut at ${length}: ${String(error)}`).toBe(true);
      const { offset } = (error as PlimsollError).details;
      expect(offset).toBeGreaterThanOrEqual(0);
      expect(offset).toBeLessThanOrEqual(length);
    }
  });

  it("never fails otherwise on a file with a changed byte", () => {
    const text = fc
      .sample(smallSnapshots(), { numRuns: 20, seed: 3 })
      .map((snapshot) => Buffer.from(snapshotText(snapshot)));
    fc.assert(
      fc.property(fc.constantFrom(...text), fc.nat(), fc.nat(255), (whole, place, byte) => {
        const changed = Buffer.from(whole);
        changed[place % changed.length] = byte;
        const error = failureOf(changed);
        expect(error === undefined || PlimsollError.is(error, "ERR_PLIMSOLL_SNAPSHOT_CORRUPT")).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it("has one clear error for what is no snapshot", () => {
    for (const text of [
      "",
      "{}",
      "[1,2]",
      '{"nodes":[]}',
      "no JSON",
      '{"snapshot":{}}',
      '{"snapshot":{"meta":{}},"nodes":[]}',
    ]) {
      const error = failureOf(text);
      expect(PlimsollError.is(error, "ERR_PLIMSOLL_SNAPSHOT_CORRUPT"), `${text}: ${String(error)}`).toBe(true);
    }
    expect(() => openHeap(join(folder, "missing"))).toThrow(/ENOENT/);
  });
});
