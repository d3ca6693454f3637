/**
 * One pass over a program: who declares each identifier, and what the source says of its meaning.
 * The method is a streaming one, after the scope rules of ECMA-262 (sections 8.2, 10.2.11, 14 and B.3):
 * no syntax tree is kept, so the need grows by 8 bytes an identifier and not by kilobytes.
 */
import { UnminifyError } from "../unminify-error.ts";
import type { Evidence } from "../naming/evidence.ts";
import { NameParser } from "./parser.ts";
import { KEPT, type Tables } from "./tables.ts";

/** How a program is meant to be run, which decides who sees its top level. */
export type SourceType = "script" | "module" | "commonjs";

/** What one pass leaves, sorted by position. */
export interface Analysis extends Tables {
  readonly evidence: Evidence;
  /** Indices of the occurrences in the order of their positions. */
  readonly order: Uint32Array;
}

/** How to read a program. */
export interface AnalyseOptions {
  /** Each character of the text is a byte of a UTF-8 file. Default: false. */
  readonly areBytes?: boolean;
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
  const { tables, scopes, notes } = parser;
  for (const binding of scopes.finish(text.length).values())
    if (sourceType === "script") tables.bindings.keep(binding, KEPT.visibleOutside);
  return { ...tables, evidence: notes.evidence, order: inOrder(tables) };
}

/** Positions are noted as scopes close: sorted as numbers that carry their index in the low bits. */
function inOrder({ occurrences }: Tables): Uint32Array {
  const positions = occurrences.positions.view();
  const INDEX_RANGE = 2 ** 24;
  if (positions.length > INDEX_RANGE)
    throw new UnminifyError("BAD_INPUT", `More than ${INDEX_RANGE} identifiers in one file: split it first.`);
  const keys = new Float64Array(positions.length);
  for (let index = 0; index < keys.length; index++) keys[index] = (positions[index] ?? 0) * INDEX_RANGE + index;
  keys.sort();
  const order = new Uint32Array(keys.length);
  for (let place = 0; place < order.length; place++) order[place] = (keys[place] ?? 0) % INDEX_RANGE;
  return order;
}
