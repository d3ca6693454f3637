/**
 * Names that everybody gives: counters of loops, and the parameters of callbacks of well-known methods.
 */

/** Counters of loops within loops. */
export const COUNTERS: readonly string[] = ["i", "j", "k", "l"];

const EACH = ["item", "i"];
const PAIR = ["a", "b"];

/** Parameters of the function that is given to a method of this name. */
export const CALLBACK_PARAMETERS: ReadonlyMap<string, readonly string[]> = new Map([
  ...["forEach", "map", "filter", "find", "findIndex", "some", "every", "flatMap"].map((name) => [name, EACH] as const),
  ["reduce", ["accumulator", "item", "index"]],
  ["reduceRight", ["accumulator", "item", "index"]],
  ["sort", PAIR],
  ["Promise", ["resolve", "reject"]],
  ["then", ["result"]],
  ["catch", ["error"]],
  ["addEventListener", ["event"]],
  ["define", ["require", "exports", "module"]],
]);

/** Parameters of the functions in a module map, by what made it. */
export const MODULE_PARAMETERS = {
  webpack: ["module", "exports", "__webpack_require__"],
  Browserify: ["require", "module", "exports"],
} as const;
