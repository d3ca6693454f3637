import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeHeapSnapshot } from "node:v8";
import { expect, it } from "vitest";
import { openHeap } from "../../src/heap/open-heap.ts";
import { readHeapIds } from "../../src/heap/heap-ids.ts";

it("readHeapIds knows the ids of a snapshot, those that Node itself adds too, and no others", () => {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-ids-"));
  try {
    const file = writeHeapSnapshot(join(folder, "a.heapsnapshot"));
    const ids = readHeapIds(file);
    using graph = openHeap(file);
    expect(ids.maxId).toBe(graph.maxId);
    const own = new Set<number>();
    for (let node = 0; node < graph.nodeCount; node++) own.add(graph.id(node));
    expect([...own].every((id) => ids.has(id))).toBe(true);
    for (let id = 1; id < 10_000; id++) expect(ids.has(id)).toBe(own.has(id));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
