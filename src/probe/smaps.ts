/**
 * Parses `/proc/<pid>/smaps`: a header line for every region of the address space, then its figures. The
 * text is taken in pieces, because a process with 50,000 regions has 45 MB of it. Source: proc(5).
 */

/** One region of a process's address space, as the kernel lists it. */
export interface MemoryRegion {
  /** First address. Exact below 2^53; the only higher region is the kernel's `[vsyscall]`. */
  readonly start: number;
  /** First address after the region. */
  readonly end: number;
  /** As in `rw-p`: read, write, execute, then private or shared. */
  readonly permissions: string;
  /** 0 when no file is mapped. */
  readonly inode: number;
  /** Path or `[name]`; empty for most anonymous regions. */
  readonly name: string;
  /** In memory now. */
  readonly rssBytes: number;
  /** Resident pages that belong to no file (any more). */
  readonly anonBytes: number;
  /** Swapped out; not part of `rssBytes`. */
  readonly swapBytes: number;
}

type Figures = { -readonly [Key in keyof MemoryRegion]: MemoryRegion[Key] };

const HEADER = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ (\d+) *(.*)$/;
const FIELDS = [
  ["Rss:", "rssBytes"],
  ["Anonymous:", "anonBytes"],
  ["Swap:", "swapBytes"],
] as const;

/** Collects regions from pieces of text that may be cut anywhere. */
export class SmapsParser {
  readonly #regions: Figures[] = [];
  #rest = "";

  /** Takes the next piece. */
  push(piece: string): void {
    const text = this.#rest + piece;
    let from = 0;
    for (let to = text.indexOf("\n"); to !== -1; to = text.indexOf("\n", from)) {
      this.#line(text, from, to);
      from = to + 1;
    }
    this.#rest = text.slice(from);
  }

  /** Takes what is left and gives all regions, lowest address first. */
  finish(): MemoryRegion[] {
    this.push("\n");
    return this.#regions;
  }

  #line(text: string, from: number, to: number): void {
    // Figures begin with a capital letter, header lines with a hexadecimal digit in lower case.
    const first = text.charCodeAt(from);
    if (first >= 0x41 && first <= 0x5a) {
      const region = this.#regions.at(-1);
      for (const [label, field] of FIELDS) {
        if (region && text.startsWith(label, from)) {
          region[field] = Number.parseInt(text.slice(from + label.length, to), 10) * 1024;
        }
      }
      return;
    }
    const match = HEADER.exec(text.slice(from, to));
    if (!match) return;
    this.#regions.push({
      start: Number.parseInt(match[1] ?? "", 16),
      end: Number.parseInt(match[2] ?? "", 16),
      permissions: match[3] ?? "",
      inode: Number(match[4]),
      name: match[5] ?? "",
      rssBytes: 0,
      anonBytes: 0,
      swapBytes: 0,
    });
  }
}
