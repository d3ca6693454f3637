/**
 * What changes in the text, in order: a place, how many characters go, and what stands there instead.
 * Properties, texts, labels and free names never occur among the edits.
 */
import type { Analysis } from "../scope/analyse.ts";
import { FREE, WRITTEN } from "../scope/tables.ts";
import type { FinalNames } from "./assign-names.ts";

/** One replacement. */
export interface Edit {
  readonly position: number;
  /** Characters of the source that it replaces. */
  readonly length: number;
  readonly text: string;
}

/** The edits that give every binding its final name, by position. */
export function* edits(analysis: Analysis, final: FinalNames): Generator<Edit> {
  const { occurrences, bindings, names, order } = analysis;
  for (const index of order) {
    const target = occurrences.targets.get(index);
    if ((target & FREE) !== 0) continue;
    const before = names.nameOf(bindings.names.get(target));
    const after = final.textOf(target);
    if (before === after) continue;
    yield {
      position: occurrences.positions.get(index),
      length: occurrences.escaped.get(index) ?? before.length,
      text: written(before, after, occurrences.written.get(index) ?? WRITTEN.plain),
    };
  }
}

function written(before: string, after: string, how: number): string {
  switch (how) {
    case WRITTEN.shorthand:
      return `${before}: ${after}`;
    case WRITTEN.imported:
      return `${before} as ${after}`;
    case WRITTEN.exported:
      return `${after} as ${before}`;
    default:
      return after;
  }
}
