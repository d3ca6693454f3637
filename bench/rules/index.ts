/**
 * The rules that are compared, simplest first. A new one is a file beside this one and a line here.
 */
import { changePoints } from "./change-points.ts";
import { heapGrowth } from "./heap-growth.ts";
import { leastSquares } from "./least-squares.ts";
import { mannKendall } from "./mann-kendall.ts";
import { residentGrowth } from "./resident-growth.ts";
import { risingCollections } from "./rising-collections.ts";
import type { ComparedRule } from "./rule.ts";
import { theilSen } from "./theil-sen.ts";

export { ours } from "./ours.ts";

/** All but ours. */
export const otherRules: readonly ComparedRule[] = [
  heapGrowth,
  residentGrowth,
  risingCollections,
  leastSquares,
  changePoints,
  mannKendall,
  theilSen,
];
