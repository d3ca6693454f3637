/**
 * Tags and branches: names for steps. A tag stays where it is; a branch moves on with every step that is
 * saved while it is the current one. The log notes names and changes of the current branch, never moves.
 */
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { writeCell } from "./cell-codec.ts";
import { readCell } from "./cell-reader.ts";

const CODES = { tag: 1, branch: 2 } as const;

/** Names of steps. */
export class Names {
  readonly tags = new Map<string, number>();
  readonly branches = new Map<string, number>();
  /** The branch that the next step moves. */
  current = "main";

  /** Notes a new step. */
  move(step: number): void {
    this.branches.set(this.current, step);
  }

  /** The step of a branch or a tag. */
  find(name: string): number | undefined {
    return this.branches.get(name) ?? this.tags.get(name);
  }

  /** Applies a record. */
  apply(content: Uint8Array): void {
    const input = new ByteReader(content);
    const code = input.u8();
    const step = input.varint();
    const name = readCell(content, input.at, content.length) as string;
    if (code === CODES.tag) {
      this.tags.set(name, step);
    } else {
      this.branches.set(name, step);
      this.current = name;
    }
  }
}

/** The record for a tag, or for a branch that becomes the current one. */
export function nameRecord(what: keyof typeof CODES, name: string, step: number): Uint8Array {
  const out = new ByteWriter();
  out.u8(CODES[what]);
  out.varint(step);
  writeCell(out, name);
  return out.view();
}
