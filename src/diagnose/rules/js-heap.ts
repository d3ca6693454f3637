/**
 * Objects that JavaScript keeps: the main thread's heap after major collections grows and does not
 * level off. Only floors count, for heapUsed saw-tooths with every collection. A worker's heap, code and
 * what a turn holds have rules of their own.
 */
import { heapCause } from "../heap-cause.ts";
import { judgeLeak } from "../leak.ts";
import type { Rule } from "../rule.ts";

/** The rule of kind `js-heap`. */
export const jsHeap: Rule = {
  kind: "js-heap",
  judge(evidence) {
    const cause = heapCause(evidence);
    if (cause.kind !== "js-heap") return cause.why;
    return judgeLeak(evidence, "js-heap", [
      "Bound it: delete entries when they are done with, or evict the oldest above a size; clear timers and remove listeners with what they serve.",
      "Until that ships, restart the program before it reaches its limit; more memory only moves the day.",
    ]);
  },
};
