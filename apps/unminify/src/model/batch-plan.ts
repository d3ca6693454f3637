/**
 * Which bindings a model is asked for, and in which order: those that a minifier named, outermost scopes
 * first and neighbours together, so that those of one function are asked for at once. The plan depends on
 * the input alone; a run that resumes makes the same one.
 */
import type { NameProposals } from "../naming/proposals.ts";
import type { Analysis } from "../scope/analyse.ts";
import { FREE } from "../scope/tables.ts";

/** Bindings in a call. */
export const BATCH_SIZE = 40;
/** Places of a binding that are shown. */
const PLACES = 2;
/** Minifiers give no longer names, obfuscators such as these. */
const MINIFIED = /^(?:.{1,3}|_0x[\da-f]+)$/;

/** Bindings in batches. */
export class BatchPlan {
  readonly #roots: Uint32Array;
  /** Where a binding stands first, in the order of positions: {@link PLACES} places each, plus 1. */
  readonly #places: Uint32Array;

  constructor(analysis: Analysis, below: NameProposals) {
    this.#places = placesOf(analysis);
    const depths = depthsOf(analysis);
    const { bindings, names } = analysis;
    const roots: number[] = [];
    for (let binding = 1; binding < bindings.size; binding++) {
      const isAsked =
        bindings.root(binding) === binding &&
        bindings.kept.get(binding) === 0 &&
        this.#places[binding * PLACES] !== 0 &&
        MINIFIED.test(names.nameOf(bindings.names.get(binding))) &&
        below.get(binding)?.kind !== "source map";
      if (isAsked) roots.push(binding);
    }
    const depthOf = (root: number): number => depths[bindings.scopes.get(root)] ?? 0;
    this.#roots = Uint32Array.from(roots).sort(
      (a, b) => depthOf(a) - depthOf(b) || (this.#places[a * PLACES] ?? 0) - (this.#places[b * PLACES] ?? 0),
    );
  }

  /** Bindings that are asked for. */
  get bindings(): number {
    return this.#roots.length;
  }

  /** Number of batches. */
  get size(): number {
    return Math.ceil(this.#roots.length / BATCH_SIZE);
  }

  /** The roots in a batch. */
  batch(index: number): Uint32Array {
    return this.#roots.subarray(index * BATCH_SIZE, (index + 1) * BATCH_SIZE);
  }

  /** The first places of a binding, as indices into the order of positions. */
  placesOf(root: number): number[] {
    return [...this.#places.subarray(root * PLACES, (root + 1) * PLACES)]
      .filter((place) => place > 0)
      .map((place) => place - 1);
  }
}

function placesOf({ occurrences, bindings, order }: Analysis): Uint32Array {
  const places = new Uint32Array(bindings.size * PLACES);
  for (const [place, index] of order.entries()) {
    const target = occurrences.targets.get(index);
    if ((target & FREE) !== 0) continue;
    const at = bindings.root(target) * PLACES;
    if (places[at] === 0) places[at] = place + 1;
    else if (places[at + 1] === 0) places[at + 1] = place + 1;
  }
  return places;
}

/** A parent's number is higher than its children's. */
function depthsOf({ scopes }: Analysis): Uint16Array {
  const depths = new Uint16Array(scopes.size);
  for (let scope = scopes.size - 1; scope > 0; scope--) {
    const parent = scopes.parents.get(scope);
    depths[scope] = parent === 0 ? 0 : (depths[parent] ?? 0) + 1;
  }
  return depths;
}
