/** Edges read from both ends at once: the same as from one, wherever the threads meet and however the text is cut. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { ColumnStore } from "../../src/heap/column-store.ts";
import { bytesAt, openWorkspace, type Workspace } from "../../src/heap/kernels.ts";
import { type EdgeShares, type EdgesRead, parseEdges, parseEdgesBeside } from "../../src/heap/parse-edges.ts";
import { parseNodes } from "../../src/heap/parse-nodes.ts";
import { SecondThread } from "../../src/heap/second-thread.ts";
import { SnapshotFile } from "../../src/heap/snapshot-file.ts";
import { readLayout } from "../../src/heap/snapshot-layout.ts";
import { smallSnapshots, snapshotText } from "./small-snapshots.ts";

const folder = mkdtempSync(join(tmpdir(), "plimsoll-edges-"));
const path = join(folder, "a.heapsnapshot");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Targets and marks; undefined when two threads do not meet. */
function read(shares?: EdgeShares): { targets: Buffer; marks: number[]; endsAt: number } | undefined {
  using file = new SnapshotFile(path);
  const layout = readLayout(file);
  const workspace = openWorkspace(layout.nodeCount, layout.edgeCount);
  using columns = new ColumnStore(layout.nodeCount, path);
  using thread = new SecondThread(workspace);
  const beside = shares && parseEdgesBeside(file, layout, workspace, thread, shares);
  const { endsAt } = parseNodes(file, layout, workspace, columns);
  const from = (file.find('"edges":[', endsAt) ?? 0) + 9;
  const found = shares ? beside?.(from) : parseEdges(file, layout, workspace, from);
  return found && { targets: targetsOf(workspace, layout.edgeCount), marks: marksOf(found), endsAt: found.endsAt };
}

function targetsOf(workspace: Workspace, count: number): Buffer {
  return Buffer.from(bytesAt(workspace, workspace.plan.targets, 4 * count));
}

function marksOf({ marks }: EdgesRead): number[] {
  return [...marks];
}

describe("parseEdgesBeside", () => {
  it("meets the first thread at every row, in every layout, with tiny pieces", () => {
    const [sample] = fc.sample(smallSnapshots(), { numRuns: 1, seed: 5 });
    if (!sample) throw new Error("no sample");
    const rows = sample.file.snapshot.edge_count;
    const lines = snapshotText({ ...sample, hasLines: true });
    for (const text of [lines, lines.replaceAll("\n", "\r\n"), snapshotText({ ...sample, hasLines: false })]) {
      writeFileSync(path, text);
      const alone = read();
      expect(alone).toBeDefined();
      for (let claimsHere = 0; claimsHere <= rows; claimsHere++) {
        for (const pieceBytes of [24, 31, 4096])
          expect(read({ rowsAClaim: 1, pieceBytes, claimsHere }), `${claimsHere} of ${rows}`).toEqual(alone);
      }
      expect(read({ rowsAClaim: 4, pieceBytes: 29 })).toEqual(alone);
    }
  });

  it("gives up where the rows are not those of the head", () => {
    const [sample] = fc.sample(smallSnapshots(), { numRuns: 1, seed: 5 });
    if (!sample) throw new Error("no sample");
    const text = snapshotText(sample);
    writeFileSync(path, text.replace(/("edges":\[)\d+,\d+,\d+\s*,/, "$1"));
    expect(read({ rowsAClaim: 1, pieceBytes: 64, claimsHere: 2 })).toBeUndefined();
  });
});
