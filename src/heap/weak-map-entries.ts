/**
 * A WeakMap keeps a value only while the key lives too. V8 writes two references for an entry, from the key and
 * from the map's table, under one name that nothing else has. Counting the table's would make the map retain what the key does:
 * it is taken out, so that the value belongs to its key. Where that key lives only through its value, both are then
 * unreachable, as they are for the collector.
 */
import { numbersAt, type Workspace } from "./kernels.ts";
import { WEAK } from "./parse-edges.ts";
import type { StringTable } from "./string-table.ts";

const ENTRY = /^\d+ \/ part of key .* pair in WeakMap \(table @(\d+)\)$/s;

/** Marks the references from the tables of weak maps to their values as weak. @returns how many there were. */
export function weakenTableEntries(
  workspace: Workspace,
  nodeCount: number,
  strings: StringTable,
  idOf: (node: number) => number,
): number {
  const { plan } = workspace;
  const starts = numbersAt(workspace, plan.starts, nodeCount + 1);
  const targets = numbersAt(workspace, plan.targets, starts[nodeCount] ?? 0);
  const tables = new Map<number, number>();
  let weakened = 0;
  for (const [row, name] of rareNames(workspace)) {
    if (!strings.beginsWithDigit(name)) continue;
    let table = tables.get(name);
    if (table === undefined) tables.set(name, (table = Number(ENTRY.exec(strings.text(name))?.[1] ?? -1)));
    if (table < 0 || idOf(ownerOf(row, starts)) !== table) continue;
    targets[row] = ((targets[row] ?? 0) | WEAK) >>> 0;
    weakened++;
  }
  return weakened;
}

/** What both threads noted: rows and their names. */
function* rareNames(workspace: Workspace): Generator<[number, number]> {
  for (const table of [workspace.plan.rare, workspace.plan.besideRare]) {
    const count = numbersAt(workspace, table, 1)[0] ?? 0;
    const rare = numbersAt(workspace, table + 8, 2 * count);
    for (let i = 0; i < 2 * count; i += 2) yield [rare[i] ?? 0, rare[i + 1] ?? 0];
  }
}

/** The node whose rows include `row`: the last that begins at or before it. */
function ownerOf(row: number, starts: Uint32Array): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((starts[middle] ?? 0) <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}
