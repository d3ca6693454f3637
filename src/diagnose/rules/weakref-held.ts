/**
 * Objects that only WeakRefs point to, in a turn of the event loop that does not end: whatever a WeakRef
 * was made of, or has given, lives until the turn is over (ECMAScript, KeepDuringJob), and awaiting
 * promises does not end it. Neither counters nor profiles show that, so it is claimed only where the
 * experiment `turn` has shown it.
 */
import { heapCause, judgeHeapAs, turnOf } from "../heap-cause.ts";
import type { Rule } from "../rule.ts";
import { inThread, rateInWords, seconds } from "../wording.ts";

/** The rule of kind `weakref-held`. */
export const weakrefHeld: Rule = {
  kind: "weakref-held",
  judge(evidence) {
    const { heap, silentSeconds } = evidence;
    if (silentSeconds !== undefined) {
      return `the main thread has not answered for ${seconds(silentSeconds)}: what its turn holds can only be told once it ends, or with --experiments`;
    }
    if (heapCause(evidence).kind !== "weakref-held" || !heap) {
      const tried = evidence.experiments?.some(({ name, outcome }) => name === "turn" && outcome === "done");
      if (!tried) return "no turn was ended on purpose: run with --experiments to try";
      return "the end of a turn freed little that a collection within it had not";
    }
    return judgeHeapAs(evidence, "weakref-held", {
      sentence: inThread(
        evidence,
        `JavaScript objects grow by ${rateInWords(heap)} while a turn of the event loop lasts, and go when it ends: WeakRef targets that the turn holds`,
      ),
      evidence: [turnOf(evidence)?.why ?? ""],
      next: [
        "End the turn now and then: `await yieldTurn()` of plimsoll/scope in each round of the loop does so every few milliseconds, at a bounded cost; awaiting setImmediate does it each time, a resolved promise never.",
        "Or hold what is needed strongly and let go of it yourself, instead of through WeakRef.",
      ],
    });
  },
};
