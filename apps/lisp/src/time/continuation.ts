/**
 * A continuation as bytes, with the code, the values and the variables that it needs. Where it is loaded, variables that the program has
 * keep their values, and the others come with it.
 */
import { failure } from "../data/errors.ts";
import { symbol } from "../data/symbols.ts";
import type { Value } from "../data/values.ts";
import { Cell } from "../expander/binding.ts";
import type { Unit } from "../machine/node.ts";
import { Continuation } from "../machine/procedures.ts";
import type { WriteBarrier } from "../machine/registers.ts";
import { unwrap, wrap } from "./container.ts";
import { readImage } from "./image-reader.ts";
import { ImageWriter } from "./image-writer.ts";
import type { SystemBase } from "./session.ts";

/** The bytes of a continuation. @throws `LispError` of kind `type` for anything else. */
export function writeContinuation(base: SystemBase, value: Value): Uint8Array {
  if (!(value instanceof Continuation)) throw failure("type", "not a continuation:", value);
  return wrap("continuation", base.libraryEnd, new ImageWriter(base, true).write({ continuation: value }));
}

/** The continuation of such bytes, and the code that came with it. @throws `LispError` of kind `image`. */
export function readContinuation(
  base: SystemBase,
  barrier: WriteBarrier,
  bytes: Uint8Array,
): { readonly continuation: Value; readonly units: readonly Unit[] } {
  const { root, units } = readImage(unwrap(bytes, "continuation", base.libraryEnd), {
    ...base,
    keepsNumbers: false,
    place: (name, isGlobal) => (isGlobal ? base.global.cell(symbol(name)) : new Cell(name)),
    willAssign: (cell, value) => barrier.willAssign(cell, value),
  });
  const { continuation } = root as { readonly continuation: Value };
  return { continuation, units };
}
