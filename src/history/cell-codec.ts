/**
 * The bytes of one cell. A tag says what follows; the length comes from outside, so an empty cell has no
 * bytes at all. Numbers keep every bit, text that is no valid Unicode is written as UTF-16.
 */
import type { ByteWriter } from "./byte-writer.ts";
import { EMPTY, GraphNode, type Run, type SlotValue } from "./graph-node.ts";
import type { Kind, Primitive } from "./kind.ts";

/** What a cell begins with. */
export const TAG = {
  undefined: 1,
  null: 2,
  false: 3,
  true: 4,
  positive: 5,
  negative: 6,
  double: 7,
  ascii: 8,
  utf8: 9,
  utf16: 10,
  positiveBig: 11,
  negativeBig: 12,
  reference: 13,
  bytes: 14,
  header: 15,
} as const;

/** A container named by another cell. */
export class Reference {
  readonly id: number;

  constructor(id: number) {
    this.id = id;
  }
}

/** What the first cell of a container says. */
export class Header {
  readonly kind: Kind;
  /** Their starts count from the header's own cell. */
  readonly runs: readonly Run[];

  constructor(kind: Kind, runs: readonly Run[]) {
    this.kind = kind;
    this.runs = runs;
  }
}

/** What a cell holds. */
export type Cell = Primitive | Reference | Header | Uint8Array | typeof EMPTY;

/** Writes what a slot holds. */
export function writeCell(out: ByteWriter, value: SlotValue): void {
  if (typeof value === "number") writeNumber(out, value);
  else if (typeof value === "string") writeText(out, value);
  else if (value === EMPTY) return;
  else if (value === undefined) out.u8(TAG.undefined);
  else if (value === null) out.u8(TAG.null);
  else if (typeof value === "boolean") out.u8(value ? TAG.true : TAG.false);
  else if (typeof value === "bigint") writeBig(out, value);
  else if (value instanceof GraphNode) {
    out.u8(TAG.reference);
    out.varint(value.id);
  } else {
    out.u8(TAG.bytes);
    out.bytes(value);
  }
}

/** Writes the first cell of a container. */
export function writeHeader(out: ByteWriter, node: GraphNode): void {
  out.u8(TAG.header);
  out.u8(node.kind);
  for (const { start, capacity } of node.runs) {
    out.varint(start - node.id);
    out.varint(capacity);
  }
}

function writeNumber(out: ByteWriter, value: number): void {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
    out.u8(TAG.double);
    out.f64(value);
  } else {
    out.u8(value < 0 ? TAG.negative : TAG.positive);
    out.varint(Math.abs(value));
  }
}

function writeText(out: ByteWriter, value: string): void {
  const start = out.length;
  out.u8(TAG.ascii);
  if (out.text(value)) return;
  if (isWellFormed(value)) {
    out.patchU8(start, TAG.utf8);
    return;
  }
  out.truncate(start);
  out.u8(TAG.utf16);
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    out.u8(code & 255);
    out.u8(code >> 8);
  }
}

/** A surrogate without its partner cannot be written as UTF-8. */
function isWellFormed(value: string): boolean {
  return !/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(value);
}

function writeBig(out: ByteWriter, value: bigint): void {
  out.u8(value < 0n ? TAG.negativeBig : TAG.positiveBig);
  const hex = (value < 0n ? -value : value).toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  for (let i = 0; i < even.length; i += 2) out.u8(Number.parseInt(even.slice(i, i + 2), 16));
}
