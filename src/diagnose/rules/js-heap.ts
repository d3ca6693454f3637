/**
 * Objects that JavaScript keeps: the heap after major collections grows and does not level off. Only
 * floors count, for heapUsed saw-tooths with every collection.
 */
import { judgeLeak } from "../leak.ts";
import type { Rule } from "../rule.ts";

/** The rule of kind `js-heap`. */
export const jsHeap: Rule = {
  kind: "js-heap",
  judge: (evidence) =>
    judgeLeak(evidence, "js-heap", [
      "Bound it: delete entries when they are done with, or evict the oldest above a size; clear timers and remove listeners with what they serve.",
      "Until that ships, restart the program before it reaches its limit; more memory only moves the day.",
    ]),
};
