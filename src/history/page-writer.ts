/**
 * The bytes of a page: which of its 64 cells are there, their lengths, their contents. A page without cells
 * has no bytes, and no place.
 */
import { ByteWriter } from "./byte-writer.ts";
import { writeCell, writeHeader } from "./cell-codec.ts";
import type { Graph } from "./graph.ts";
import { FANOUT } from "./page-table.ts";

/** Writes pages of a graph. */
export class PageWriter {
  readonly #contents = new ByteWriter(2 ** 12);
  readonly #starts = new Int32Array(FANOUT);
  readonly #lengths = new Int32Array(FANOUT);

  /** Writes a page. False when it is empty; nothing is written then. */
  write(out: ByteWriter, graph: Graph, page: number): boolean {
    const contents = this.#contents;
    const starts = this.#starts;
    const lengths = this.#lengths;
    const first = page * FANOUT;
    contents.clear();
    lengths.fill(0);
    graph.eachCell(page, (cell, header, value) => {
      const from = contents.length;
      if (header) writeHeader(contents, header);
      else writeCell(contents, value);
      starts[cell - first] = from;
      lengths[cell - first] = contents.length - from;
    });
    if (contents.length === 0) return false;
    for (let byte = 0; byte < FANOUT / 8; byte++) {
      let bits = 0;
      for (let bit = 0; bit < 8; bit++) if ((lengths[byte * 8 + bit] ?? 0) > 0) bits |= 1 << bit;
      out.u8(bits);
    }
    for (const length of lengths) if (length > 0) out.varint(length);
    const bytes = contents.view();
    for (const [cell, length] of lengths.entries()) {
      const start = starts[cell] ?? 0;
      if (length > 0) out.bytes(bytes.subarray(start, start + length));
    }
    return true;
  }
}
