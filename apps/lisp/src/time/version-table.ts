/**
 * Where the newest content is of the objects that have changed: a table that keyframes write as changes, and whole when the changes
 * since it was written whole have become as many as its entries. So a restore reads at most twice what it needs.
 */
import type { Keyframe } from "./branches.ts";
import type { Log } from "./log.ts";
import type { ValueWriter } from "./value-writer.ts";

/** Changes that are always worth writing alone. */
const FEW = 256;

/** The table of one moment. */
export class VersionTable {
  /** The record's number by the object's. */
  readonly versions = new Map<number, number>();
  #changes = 0;

  /** The number of the record with the newest content of an object. */
  get(id: number): number {
    return this.versions.get(id) ?? id;
  }

  /** Adds one keyframe's part. Returns whether it was written whole. */
  add(log: Log, keyframe: Keyframe): void {
    const cursor = log.at(keyframe.table);
    let end = keyframe.table;
    for (let left = cursor.varint(); left > 0; left--) {
      const id = cursor.varint();
      end -= cursor.varint();
      this.versions.set(id, end);
      this.#changes++;
    }
    if (keyframe.previous === undefined) this.#changes = 0;
  }

  /** Takes over what the writer has and writes it, or all of it. Returns where. */
  write(writer: ValueWriter, isFirst: boolean): { readonly at: number; readonly isWhole: boolean } {
    const { versions: changes } = writer;
    writer.versions = [];
    for (const [id, at] of changes) this.versions.set(id, at);
    this.#changes += changes.length;
    const isWhole = isFirst || this.#changes > Math.max(FEW, this.versions.size);
    if (isWhole) this.#changes = 0;
    const entries = isWhole ? [...this.versions].sort(([, a], [, b]) => b - a) : changes.toReversed();
    const { out } = writer;
    const at = writer.offset;
    out.varint(entries.length);
    let last = at;
    for (const [id, version] of entries) {
      out.varint(id);
      out.varint(last - version);
      last = version;
    }
    return { at, isWhole };
  }
}

/** The table of a keyframe. */
export function readTable(keyframe: Keyframe, log: Log): VersionTable {
  const chain: Keyframe[] = [];
  for (let here: Keyframe | undefined = keyframe; here !== undefined; here = here.previous) chain.push(here);
  const table = new VersionTable();
  for (const each of chain.reverse()) table.add(log, each);
  return table;
}
