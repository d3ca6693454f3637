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
    const count = cursor.varint();
    for (let left = count; left > 0; left--) this.versions.set(cursor.varint(), keyframe.table - cursor.varint());
    this.#changes = keyframe.previous === undefined ? 0 : this.#changes + count;
  }

  /** Takes over what the writer has and writes it, or all of it. Returns where. */
  write(writer: ValueWriter, isFirst: boolean): { readonly at: number; readonly isWhole: boolean } {
    const { versions: changes, out } = writer;
    writer.versions = [];
    for (let index = 0; index < changes.length; index += 2)
      this.versions.set(changes[index] as number, changes[index + 1] as number);
    this.#changes += changes.length / 2;
    const isWhole = isFirst || this.#changes > Math.max(FEW, this.versions.size);
    const at = writer.offset;
    if (isWhole) {
      this.#changes = 0;
      out.varint(this.versions.size);
      for (const [id, version] of this.versions) {
        out.varint(id);
        out.varint(at - version);
      }
    } else {
      out.varint(changes.length / 2);
      for (let index = 0; index < changes.length; index += 2) {
        out.varint(changes[index] as number);
        out.varint(at - (changes[index + 1] as number));
      }
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
