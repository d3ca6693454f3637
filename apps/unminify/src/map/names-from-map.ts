/**
 * The authors' own names, from the source map of a bundle. A binding has the name that most of its
 * occurrences have in the map.
 */
import { Column } from "../scope/columns.ts";
import type { Analysis } from "../scope/analyse.ts";
import { FREE } from "../scope/tables.ts";
import { isName, NameLayer } from "../naming/name-layer.ts";
import type { NameProposals } from "../naming/proposals.ts";
import type { Source } from "../source/source.ts";
import { UnminifyError } from "../unminify-error.ts";
import { readMap } from "./map-reader.ts";
import { TextCursor } from "./text-cursor.ts";

/** Room for a name's index in a vote. */
const NAME_RANGE = 2 ** 24;
/** Below this share of places that fit, or of occurrences that agree, a map is of another file. */
const LEAST_RIGHT = 0.6;
const FEWEST_JUDGED = 20;

/**
 * Lays the names of a map over others.
 *
 * @throws UnminifyError `BAD_MAP` when it cannot be read, is no source map, or is that of another file.
 */
export function namesFromMap(path: string, analysis: Analysis, source: Source, below: NameProposals): NameProposals {
  const votes = new Votes(analysis, source);
  const names = readMap(path, (line, column, name) => votes.take(line, column, name));
  const layer = new NameLayer(analysis, below, "source map");
  const agreement = votes.count((root, index) => {
    const name = names[index];
    if (name !== undefined && isName(name)) layer.set(root, analysis.names.idOf(name));
  });
  const { placed, segments } = votes;
  const right = Math.min(segments === 0 ? 1 : placed / segments, agreement);
  if (right < LEAST_RIGHT && segments >= FEWEST_JUDGED)
    throw new UnminifyError(
      "BAD_MAP",
      `${path} is the map of another file than ${source.path}: ${placed} of its ${segments} named places are in the text, ` +
        `and ${Math.round(agreement * 100)} % of those that stand for one variable agree.`,
    );
  if (layer.size === 0)
    throw new UnminifyError(
      "BAD_MAP",
      `${path} names nothing that ${source.path} declares: is it the map of another file?`,
    );
  return layer;
}

/** Names by occurrence, gathered by binding. */
class Votes {
  readonly #analysis: Analysis;
  readonly #cursor: TextCursor;
  readonly #roots = new Column();
  readonly #names = new Column();
  #place = 0;
  /** Named segments, and those of them whose place the text has. */
  segments = 0;
  placed = 0;

  constructor(analysis: Analysis, { text, encoding }: Source) {
    this.#analysis = analysis;
    this.#cursor = new TextCursor(text, encoding === "latin1");
  }

  take(line: number, column: number, name: number): void {
    const { occurrences, order, bindings } = this.#analysis;
    this.segments++;
    const offset = this.#cursor.seek(line, column);
    if (offset === undefined || name < 0 || name >= NAME_RANGE) return;
    this.placed++;
    while (this.#place < order.length && this.#position() < offset) this.#place++;
    if (this.#position() !== offset) return;
    const target = occurrences.targets.get(order[this.#place] ?? 0);
    if ((target & FREE) !== 0) return;
    this.#roots.push(bindings.root(target));
    this.#names.push(name);
  }

  #position(): number {
    const index = this.#analysis.order[this.#place];
    return index === undefined ? Infinity : this.#analysis.occurrences.positions.get(index);
  }

  /** Tells the most frequent name of each binding; returns the share of occurrences that have it. */
  count(elect: (root: number, name: number) => void): number {
    const roots = this.#roots.view();
    const keys = new Float64Array(roots.length);
    for (const [index, root] of roots.entries()) keys[index] = root * NAME_RANGE + this.#names.get(index);
    keys.sort();
    let won = 0;
    let judged = 0;
    for (let start = 0; start < keys.length;) {
      const root = Math.floor((keys[start] ?? 0) / NAME_RANGE);
      let [end, best, bestKey] = [start, 0, 0];
      while (end < keys.length && Math.floor((keys[end] ?? 0) / NAME_RANGE) === root) {
        const key = keys[end] ?? 0;
        const first = end;
        while (keys[end] === key) end++;
        if (end - first > best) [best, bestKey] = [end - first, key];
      }
      elect(root, bestKey % NAME_RANGE);
      // One occurrence always agrees with itself.
      if (end - start > 1) [won, judged] = [won + best - 1, judged + end - start - 1];
      start = end;
    }
    return judged < FEWEST_JUDGED ? 1 : won / judged;
  }
}
