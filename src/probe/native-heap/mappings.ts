/**
 * The regions of an address space with the files they map, from `/proc/<pid>/maps`: one line each. Much cheaper than
 * `smaps`, which also counts pages. Source: proc(5).
 */

/** One region of an address space. */
export interface Mapping {
  /** First address. */
  readonly start: number;
  /** First address after it. */
  readonly end: number;
  /** As in `rw-p`. */
  readonly permissions: string;
  /** Where in the file it begins. */
  readonly fileOffset: number;
  /** 0 when no file is mapped. */
  readonly inode: number;
  /** Path or `[name]`; empty for most anonymous regions. */
  readonly name: string;
}

/** Parses the text of `/proc/<pid>/maps`, lowest address first. */
export function parseMappings(text: string): Mapping[] {
  const mappings: Mapping[] = [];
  for (const match of text.matchAll(/^([0-9a-f]+)-([0-9a-f]+) (\S+) ([0-9a-f]+) \S+ (\d+) *(.*)$/gm)) {
    mappings.push({
      start: Number.parseInt(match[1] ?? "", 16),
      end: Number.parseInt(match[2] ?? "", 16),
      permissions: match[3] ?? "",
      fileOffset: Number.parseInt(match[4] ?? "", 16),
      inode: Number(match[5]),
      name: match[6] ?? "",
    });
  }
  return mappings;
}

/** A stretch of addresses. */
export interface AddressRange {
  readonly start: number;
  /** First address after it. */
  readonly end: number;
}

/** A stretch of chunks that ends in the top chunk or in a fence. */
export interface Segment extends AddressRange {
  /** Where the allocator's own header begins; chunks begin at `start`. */
  readonly base: number;
}

/** The stretches of private anonymous memory that is read and written, neighbours joined; without heap and stack. */
export function anonymousRanges(mappings: readonly Mapping[]): AddressRange[] {
  const ranges: { start: number; end: number }[] = [];
  for (const { start, end, permissions, inode, name } of mappings) {
    if (permissions !== "rw-p" || inode !== 0 || (name !== "" && !name.startsWith("[anon:"))) continue;
    const last = ranges.at(-1);
    if (last?.end === start) last.end = end;
    else ranges.push({ start, end });
  }
  return ranges;
}

/**
 * What is left of some ranges without others.
 *
 * @param ranges - lowest address first, without overlap.
 * @param taken - in any order, without overlap.
 */
export function subtractRanges(ranges: readonly AddressRange[], taken: readonly AddressRange[]): AddressRange[] {
  const holes = [...taken].sort((a, b) => a.start - b.start);
  const left: AddressRange[] = [];
  let hole = 0;
  for (const { start, end } of ranges) {
    let from = start;
    while ((holes[hole]?.end ?? Infinity) <= from) hole += 1;
    for (let next = hole; (holes[next]?.start ?? Infinity) < end; next += 1) {
      const { start: holeStart = end, end: holeEnd = end } = holes[next] ?? {};
      if (holeStart > from) left.push({ start: from, end: holeStart });
      from = Math.max(from, holeEnd);
    }
    if (from < end) left.push({ start: from, end });
  }
  return left;
}

/** Whether an address lies in one of some ranges; they come lowest first, without overlap. */
export function isWithin(ranges: readonly AddressRange[], address: number): boolean {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ranges[middle]?.end ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  return (ranges[low]?.start ?? Infinity) <= address;
}
