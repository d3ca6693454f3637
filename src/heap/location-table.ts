/** Where functions stand in their scripts; read from the file the first time somebody asks. */
import type { HeapLocation, NodeIndex } from "./heap-graph.ts";
import type { SnapshotFile } from "./snapshot-file.ts";
import type { SnapshotLayout } from "./snapshot-layout.ts";

const LOCATIONS = '"locations":[';
/** Files with more text of locations than this have them left out. */
const MOST_BYTES = 256 * 1024 * 1024;

/** The locations of a file. */
export class LocationTable {
  readonly #file: SnapshotFile;
  readonly #layout: SnapshotLayout;
  readonly #from: number;
  #nodes: Uint32Array | undefined;
  #rows = new Uint32Array();

  /** @param from - a place behind the edges. */
  constructor(file: SnapshotFile, layout: SnapshotLayout, from: number) {
    this.#file = file;
    this.#layout = layout;
    this.#from = from;
  }

  /** Where the function, or the function of the object's class, stands. Default: not told. */
  of(node: NodeIndex): HeapLocation | undefined {
    const nodes = (this.#nodes ??= this.#load());
    let low = 0;
    let high = nodes.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((nodes[middle] ?? 0) < node) low = middle + 1;
      else high = middle;
    }
    if (nodes[low] !== node) return undefined;
    const [scriptId = 0, line = 0, column = 0] = this.#rows.subarray(3 * low, 3 * low + 3);
    return { scriptId, line, column };
  }

  #load(): Uint32Array {
    const fields = this.#layout.locationFields;
    const places = ["object_index", "script_id", "line", "column"].map((field) => fields.indexOf(field));
    const begin = this.#file.find(LOCATIONS, this.#from);
    const end = begin === undefined ? undefined : this.#file.find("]", begin);
    if (begin === undefined || end === undefined || end - begin > MOST_BYTES || places.includes(-1))
      return new Uint32Array();
    const numbers: number[] = [];
    const rows: [number, number, number, number][] = [];
    for (const [digits] of this.#file
      .read(begin, end - begin)
      .toString("latin1")
      .matchAll(/[0-9]+/g)) {
      numbers.push(Number(digits));
      if (numbers.length < fields.length) continue;
      const [object = 0, script = 0, line = 0, column = 0] = places.map((place) => numbers[place]);
      rows.push([object / this.#layout.nodeFields.length, script, line, column]);
      numbers.length = 0;
    }
    rows.sort(([a], [b]) => a - b);
    this.#rows = Uint32Array.from(rows.flatMap(([, script, line, column]) => [script, line, column]));
    return Uint32Array.from(rows, ([node]) => node);
  }
}
