/**
 * Objects that JavaScript keeps: the main thread's heap after major collections grows and does not
 * level off. Only floors count, for heapUsed saw-tooths with every collection. A worker's heap, code and
 * what a turn holds have rules of their own.
 */
import type { Evidence } from "../evidence.ts";
import type { Finding } from "../finding.ts";
import { heapCause } from "../heap-cause.ts";
import { judgeLeak } from "../leak.ts";
import { attachCommand, judgeCause, touchedInWords } from "../outside.ts";
import type { Rule } from "../rule.ts";
import { END_THE_TURN, seconds } from "../wording.ts";

/** The rule of kind `js-heap`. */
export const jsHeap: Rule = {
  kind: "js-heap",
  judge(evidence) {
    if (!evidence.observed) return judgePages(evidence);
    const cause = heapCause(evidence);
    if (cause.kind !== "js-heap") return cause.why;
    return judgeLeak(evidence, "js-heap", [
      "Bound it: delete entries when they are done with, or evict the oldest above a size; clear timers and remove listeners with what they serve.",
      "Until that ships, restart the program before it reaches its limit; more memory only moves the day.",
    ]);
  },
};

/** From outside, or while its turn lasts, only the pages of its heap are seen, and that nobody else fills them. */
function judgePages(evidence: Evidence): Finding | string {
  const { pid, silentSeconds } = evidence;
  const isSilent = silentSeconds !== undefined;
  return judgeCause(evidence, "js-heap", (_space, rate) => ({
    kind: "js-heap",
    leak: true,
    sentence: isSilent
      ? `The main thread's heap grows by ${rate} in a turn of its event loop that does not end: what it holds, or WeakRef targets that such a turn keeps alive, a leak while it lasts`
      : `The main thread's JavaScript heap grows by ${rate}, seen from outside only: a leak, unless it is garbage that V8 has not collected yet`,
    evidence: [
      ...touchedInWords(evidence),
      ...(isSilent ? [`the main thread has not answered for ${seconds(silentSeconds)}: its turn lasts`] : []),
    ],
    next: isSilent
      ? [END_THE_TURN]
      : [
          `Look into it, without a restart: \`${attachCommand(pid)}\` tells garbage from objects and names the function that allocates.`,
        ],
    wouldChange: "A collection that brings the pages back: from outside garbage looks like living objects until then.",
    atMost: 0.7,
  }));
}
