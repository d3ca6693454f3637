/**
 * One pass over a program: who declares each identifier, and what the source says of its meaning.
 * The method is a streaming one, after the scope rules of ECMA-262 (sections 8.2, 10.2.11, 14 and B.3):
 * no syntax tree is kept, so the need grows by 8 bytes an identifier and not by kilobytes.
 */
import type { ModuleMap } from "../modules/module-finder.ts";
import type { Evidence } from "../naming/evidence.ts";
import { NameParser } from "./parser.ts";
import { KEPT, type Tables } from "./tables.ts";

/** How a program is meant to be run, which decides who sees its top level. */
export type SourceType = "script" | "module" | "commonjs";

/** What one pass leaves, sorted by position. */
export interface Analysis extends Tables {
  readonly evidence: Evidence;
  /** Undefined where the bundle keeps its modules in no map. */
  readonly modules: ModuleMap | undefined;
  /** Indices of the occurrences in the order of their positions. */
  readonly order: Uint32Array;
}

/** How to read a program. */
export interface AnalyseOptions {
  /** Each character of the text is a byte of a UTF-8 file. Default: false. */
  readonly areBytes?: boolean;
  /** Nothing is kept of what names mean. Default: false. */
  readonly isCompared?: boolean;
  /** Garbage is collected on the way where Node.js runs with `--expose-gc`. Default: false. */
  readonly collect?: boolean;
}

/**
 * Reads the names of a program. Throws acorn's `SyntaxError` where it cannot be read, and `NeedsCharacters` where bytes will not do.
 */
export function analyse(text: string, sourceType: SourceType, options: AnalyseOptions = {}): Analysis {
  const parser = new NameParser(
    {
      ecmaVersion: "latest",
      sourceType,
      allowHashBang: true,
      allowReturnOutsideFunction: sourceType === "script",
      checkPrivateFields: false,
    },
    text,
    options,
  );
  parser.parse();
  const { tables, scopes, notes, walker } = parser;
  for (const binding of scopes.finish(text.length).values())
    if (sourceType === "script") tables.bindings.keep(binding, KEPT.visibleOutside);
  return { ...tables, evidence: notes.evidence, modules: walker.modules.mapOf(text.length), order: inOrder(tables) };
}

/** Bits of a position that one pass sorts by. */
const RADIX_BITS = 11;
const RADIX = 1 << RADIX_BITS;

/** Positions are noted as scopes close: sorted by their lowest bits first, in a pass for each 11 of them. */
function inOrder({ occurrences }: Tables): Uint32Array {
  const positions = occurrences.positions.view();
  let order = new Uint32Array(positions.length);
  let sorted = new Uint32Array(positions.length);
  let last = 0;
  for (let index = 0; index < positions.length; index++) {
    order[index] = index;
    last = Math.max(last, positions[index] ?? 0);
  }
  for (let shift = 0; last >>> shift > 0 && shift < 32; shift += RADIX_BITS) {
    const places = new Uint32Array(RADIX + 1);
    for (let index = 0; index < positions.length; index++)
      count(places, (((positions[index] ?? 0) >>> shift) & (RADIX - 1)) + 1);
    for (let digit = 1; digit < RADIX; digit++) places[digit] = (places[digit] ?? 0) + (places[digit - 1] ?? 0);
    for (const index of order) {
      const digit = ((positions[index] ?? 0) >>> shift) & (RADIX - 1);
      const place = places[digit] ?? 0;
      sorted[place] = index;
      places[digit] = place + 1;
    }
    [order, sorted] = [sorted, order];
  }
  return order;
}

function count(counts: Uint32Array, index: number): void {
  counts[index] = (counts[index] ?? 0) + 1;
}
