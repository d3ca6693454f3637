/**
 * Sen's slope of what is left after major collections: a leak when the lower end of its 95 % interval is above
 * zero. Sen 1968 with the interval of Gilbert 1987; the step from trend to slope as in Garg et al., "A
 * methodology for detection and estimation of software aging", ISSRE 1998. No condition on rate or deceleration.
 */
import { theilSen as slopeOf } from "../../src/monitor/trend.ts";
import type { ComparedRule } from "./rule.ts";
import { floorSeries, isLong } from "./series.ts";

/** Theil-Sen on the post-GC floor, as published. */
export const theilSen: ComparedRule = {
  name: "Theil-Sen on the post-GC floor",
  source: "Sen 1968, Gilbert 1987; Garg et al. 1998",
  judge: (recording) => ({
    leak: floorSeries(recording).some(
      (floors) => isLong(floors) && (slopeOf(floors)?.lowerBytesPerSecond ?? Number.NEGATIVE_INFINITY) > 0,
    ),
  }),
};
