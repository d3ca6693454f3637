/**
 * The code around the names that are asked for, cut out of the text when it is sent and not before.
 * There each of them has a label of its own (`e$17`), because in minified code one letter stands for many.
 */
import type { Analysis } from "../scope/analyse.ts";
import { FREE, WRITTEN } from "../scope/tables.ts";
import type { Source } from "../source/source.ts";
import type { BatchPlan } from "./batch-plan.ts";

/** The longest context, in bytes. */
const MAX_BYTES = 3072;
/** Characters behind each place that are shown, the most that fit; a third of it before. */
const WIDTHS = [1000, 600, 400, 250, 160, 100, 70, 50, 35, 20, 10];
const GAP = "\n…\n";

type Window = [start: number, end: number];

/** What a binding is called in a call. */
export function labelOf({ bindings, names }: Analysis, root: number): string {
  return `${names.nameOf(bindings.names.get(root))}$${root}`;
}

/** The code around `roots`, with labels. */
export function contextOf(analysis: Analysis, source: Source, plan: BatchPlan, roots: ReadonlySet<number>): string {
  const positions = [...roots]
    .flatMap((root) => plan.placesOf(root))
    .map((place) => positionAt(analysis, place))
    .sort((a, b) => a - b);
  let context = "";
  for (const width of WIDTHS) {
    const windows = windowsAround(positions, width, source.text.length);
    if (windows.reduce((sum, [start, end]) => sum + end - start + GAP.length, 0) > MAX_BYTES) continue;
    context = windows.map((window) => labelled(analysis, source, roots, window)).join(GAP);
    if (Buffer.byteLength(context) <= MAX_BYTES) return context;
  }
  return Buffer.from(context)
    .subarray(0, MAX_BYTES)
    .toString("utf8")
    .replace(/\uFFFD$/, "");
}

function windowsAround(positions: readonly number[], width: number, length: number): Window[] {
  const windows: Window[] = [];
  for (const position of positions) {
    const start = Math.max(0, position - Math.floor(width / 3));
    const end = Math.min(length, position + width);
    const last = windows.at(-1);
    if (last && start <= last[1]) last[1] = end;
    else windows.push([start, end]);
  }
  return windows;
}

function labelled(analysis: Analysis, source: Source, roots: ReadonlySet<number>, [start, end]: Window): string {
  const { occurrences, bindings, names, order } = analysis;
  let at = start;
  let text = "";
  for (let place = placeFrom(analysis, start); place < order.length; place++) {
    const index = order[place] ?? 0;
    const position = occurrences.positions.get(index);
    if (position >= end) break;
    const target = occurrences.targets.get(index);
    const root = (target & FREE) === 0 ? bindings.root(target) : 0;
    if (!roots.has(root)) continue;
    const name = names.nameOf(bindings.names.get(target));
    const isShort = occurrences.written.get(index) === WRITTEN.shorthand;
    text += decoded(source, at, position) + (isShort ? `${name}:` : "") + labelOf(analysis, root);
    at = position + (occurrences.escaped.get(index) ?? name.length);
  }
  return at < end ? text + decoded(source, at, end) : text;
}

/** Where each character is a byte of a UTF-8 file, they are put together again. */
function decoded({ text, encoding }: Source, start: number, end: number): string {
  const piece = text.slice(start, end);
  return encoding === "latin1" ? Buffer.from(piece, "latin1").toString("utf8") : piece;
}

function positionAt({ occurrences, order }: Analysis, place: number): number {
  return occurrences.positions.get(order[place] ?? 0);
}

/** The first place at or behind a position. */
function placeFrom(analysis: Analysis, position: number): number {
  let low = 0;
  let high = analysis.order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (positionAt(analysis, middle) < position) low = middle + 1;
    else high = middle;
  }
  return low;
}
