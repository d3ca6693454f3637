/**
 * Numbers out of text. Rows have a fixed number of fields; between numbers stand commas and, depending on the version of
 * Node, line breaks. Only whole rows are taken: the caller moves what is left to the front of the next
 * piece. After the end of a piece there must be a byte that is no digit.
 */

const COMMA: u8 = 44;
const NINE: u8 = 57;
const ZERO: u8 = 48;
const END: u8 = 93;

/** What a field of a node row is used for; the order is that of the columns table. */
const TYPE: u8 = 1;
const NAME: u8 = 2;
const ID: u8 = 3;
const SELF_SIZE: u8 = 4;
const EDGE_COUNT: u8 = 5;
const DETACHED: u8 = 6;

/** Set in a target that keeps nothing alive: the reference is weak, or a shortcut. */
const WEAK: u32 = 0x80000000;

/**
 * Results, at `result`: where the first byte that was not taken lies, rows taken, and 0 for more to come, 1 for the
 * end of the section, 2 for a byte that has no business here, 3 for a reference that leads to no node.
 */
function report(result: usize, at: usize, rows: u32, state: u32): void {
  store<u32>(result, <u32>at);
  store<u32>(result, rows, 4);
  store<u32>(result, state, 8);
}

/**
 * Takes node rows.
 *
 * @param at - first byte; `end` - behind the last.
 * @param fields - of a row; `uses` - one byte a field: what it is for.
 * @param columns - addresses of type (u8), name, id, self size (u32), detached (u8), edge start (u32), each at its first free row.
 * @param firstEdge - sum of the edge counts so far.
 * @param most - rows at most.
 * @param sizes - where a self size beyond 32 bits is noted: count, then pairs of row and high half.
 */
export function parseNodes(
  at: usize, end: usize, fields: u32, uses: usize, columns: usize, firstEdge: u32, most: u32, sizes: usize, result: usize,
): u32 {
  const types = <usize>load<u32>(columns);
  const names = <usize>load<u32>(columns, 4);
  const ids = <usize>load<u32>(columns, 8);
  const selfSizes = <usize>load<u32>(columns, 12);
  const detached = <usize>load<u32>(columns, 16);
  const starts = <usize>load<u32>(columns, 20);
  let edge = firstEdge;
  let row: u32 = 0;
  let p = at;
  while (row < most) {
    let q = p;
    let type: u8 = 0;
    let name: u32 = 0;
    let id: u32 = 0;
    let size: u64 = 0;
    let edges: u32 = 0;
    let isDetached: u8 = 0;
    for (let field: u32 = 0; field < fields; field++) {
      let c = load<u8>(q);
      while (c < ZERO || c > NINE) {
        if (q >= end) {
          report(result, p, row, 0);
          return edge;
        }
        if (c == END && field == 0) {
          report(result, q, row, 1);
          return edge;
        }
        if (c != COMMA && c != 10 && c != 13 && c != 32) {
          report(result, q, row, 2);
          return edge;
        }
        c = load<u8>(++q);
      }
      let value: u64 = 0;
      do {
        value = value * 10 + (c - ZERO);
        c = load<u8>(++q);
      } while (c >= ZERO && c <= NINE);
      if (q >= end) {
        report(result, p, row, 0);
        return edge;
      }
      const use = load<u8>(uses + field);
      if (use == TYPE) type = <u8>value;
      else if (use == NAME) name = <u32>value;
      else if (use == ID) id = <u32>value;
      else if (use == SELF_SIZE) size = value;
      else if (use == EDGE_COUNT) edges = <u32>value;
      else if (use == DETACHED) isDetached = <u8>value;
    }
    store<u8>(types + row, type);
    store<u32>(names + (<usize>row << 2), name);
    store<u32>(ids + (<usize>row << 2), id);
    if (size > 0xffffffff) {
      const count = load<u32>(sizes);
      store<u32>(sizes + 4 + (<usize>count << 3), row);
      store<u32>(sizes + 8 + (<usize>count << 3), <u32>(size >> 32));
      store<u32>(sizes, count + 1);
    }
    store<u32>(selfSizes + (<usize>row << 2), <u32>size);
    store<u8>(detached + row, isDetached);
    store<u32>(starts + (<usize>row << 2), edge);
    edge += edges;
    row++;
    p = q;
  }
  report(result, p, row, 0);
  return edge;
}

/**
 * Takes edge rows of type, name and target, in this order.
 *
 * @param nodes - how many there are; `nodeFields` - what a target is divided by.
 * @param weakType - number of the weak type; `shortcutType`, `internalType` likewise.
 * @param targets - address for the first row's target (u32).
 * @param firstRow - number of the first row.
 * @param uses - one byte a name: how often internal references have used it, up to 3; `names` - how many names.
 * @param rare - where rows of a name used at most twice are noted: count, room, then pairs of row and name.
 */
export function parseEdgesForward(
  at: usize, end: usize, nodes: u32, nodeFields: u32, weakType: u32, shortcutType: u32, internalType: u32,
  targets: usize, firstRow: u32, most: u32, uses: usize, names: u32, rare: usize, result: usize,
): void {
  let row: u32 = 0;
  let p = at;
  let target = targets;
  while (row < most) {
    let q = p;
    let c = load<u8>(q);
    while (c < ZERO || c > NINE) {
      if (q >= end) {
        report(result, p, row, 0);
        return;
      }
      if (c == END) {
        report(result, q, row, 1);
        return;
      }
      if (c != COMMA && c != 10 && c != 13 && c != 32) {
        report(result, q, row, 2);
        return;
      }
      c = load<u8>(++q);
    }
    let type: u32 = 0;
    do {
      type = type * 10 + (c - ZERO);
      c = load<u8>(++q);
    } while (c >= ZERO && c <= NINE);
    // Between the fields of a row there is one comma in every version.
    const isNamed = c == COMMA;
    c = load<u8>(++q);
    const nameDigits = q;
    let name: u32 = 0;
    while (c >= ZERO && c <= NINE) {
      name = name * 10 + (c - ZERO);
      c = load<u8>(++q);
    }
    const isComplete = isNamed && c == COMMA && q != nameDigits;
    c = load<u8>(++q);
    let to: u32 = 0;
    const digits = q;
    while (c >= ZERO && c <= NINE) {
      to = to * 10 + (c - ZERO);
      c = load<u8>(++q);
    }
    if (q >= end) {
      report(result, p, row, 0);
      return;
    }
    if (!isComplete || q == digits) {
      report(result, q, row, 2);
      return;
    }
    to /= nodeFields;
    if (to >= nodes) {
      report(result, digits, row, 3);
      return;
    }
    if (type == weakType || type == shortcutType) to |= WEAK;
    else if (type == internalType) noteName(name, firstRow + row, uses, names, rare);
    store<u32>(target, to);
    target += 4;
    row++;
    p = q;
  }
  report(result, p, row, 0);
}

/**
 * The same from the end of a piece towards its start, for a second thread. Rows are counted down from
 * `lastRow`; the piece begins with the comma before its first row.
 *
 * @returns through `result`: behind the last byte that was not taken, rows taken, state as above (1: never).
 */
export function parseEdgesBackward(
  at: usize, end: usize, nodes: u32, nodeFields: u32, weakType: u32, shortcutType: u32, internalType: u32,
  targets: usize, lastRow: u32, most: u32, uses: usize, names: u32, rare: usize, result: usize,
): void {
  let row: u32 = 0;
  let p = end;
  while (row < most) {
    let q = p;
    let to: u32 = 0;
    let name: u32 = 0;
    let type: u32 = 0;
    for (let field: u32 = 0; field < 3; field++) {
      let c: u8 = 0;
      if (field != 0 && q > at) {
        if (load<u8>(q - 1) != COMMA) {
          report(result, q, row, 2);
          return;
        }
        q--;
      }
      while (q > at) {
        c = load<u8>(--q);
        if (c >= ZERO && c <= NINE) break;
        if (field != 0 || (c != COMMA && c != 10 && c != 13 && c != 32)) {
          report(result, q, row, 2);
          return;
        }
      }
      let value: u32 = 0;
      let place: u32 = 1;
      let isWhole = false;
      for (;;) {
        if (c < ZERO || c > NINE) {
          isWhole = true;
          break;
        }
        value += <u32>(c - ZERO) * place;
        place *= 10;
        if (q <= at) break;
        c = load<u8>(--q);
      }
      if (!isWhole || place == 1) {
        report(result, p, row, 0);
        return;
      }
      // The byte read last is the separator before the number; it is looked at again, harmlessly.
      q++;
      if (field == 0) to = value;
      else if (field == 1) name = value;
      else type = value;
    }
    to /= nodeFields;
    if (to >= nodes) {
      report(result, p, row, 3);
      return;
    }
    const number = lastRow - row;
    if (type == weakType || type == shortcutType) to |= WEAK;
    else if (type == internalType) noteName(name, number, uses, names, rare);
    store<u32>(targets + (<usize>number << 2), to);
    row++;
    p = q;
  }
  report(result, p, row, 0);
}

/** The two references of a WeakMap's entry share a name that nothing else has. */
function noteName(name: u32, row: u32, uses: usize, names: u32, rare: usize): void {
  if (name >= names) return;
  const used = load<u8>(uses + name);
  if (used >= 2) return;
  store<u8>(uses + name, used + 1);
  const count = load<u32>(rare);
  if (count >= load<u32>(rare, 4)) return;
  store<u32>(rare + 8 + (<usize>count << 3), row);
  store<u32>(rare + 12 + (<usize>count << 3), name);
  store<u32>(rare, count + 1);
}
