/**
 * Garbage that V8 has no reason to collect yet: the heap is large because its limit is, and a major
 * collection brings it back. Never claimed without such a collection having been seen.
 */
import { formatBytes } from "../../base/bytes.ts";
import { openChannels } from "../settled.ts";
import type { Rule } from "../rule.ts";
import { inThread, seconds } from "../wording.ts";

/** What collections freed must be more than V8's ordinary young generation holds. */
const MIN_FREED_BYTES = 32 * 2 ** 20;

/** The rule of kind `gc-slack`. */
export const gcSlack: Rule = {
  kind: "gc-slack",
  judge(evidence) {
    const [open] = openChannels(evidence);
    if (open?.channel.state === "grows") return `collections do not bring it back: ${open.why}`;
    if (open) return `what collections leave is not settled: ${open.why}`;
    const { slack } = evidence;
    if (!slack) return "no major collection was seen to free anything";
    const freed = formatBytes(slack.freedBytes);
    if (slack.freedBytes < MIN_FREED_BYTES || slack.freedBytes < 0.5 * slack.afterBytes) {
      return `collections freed at most ${freed} of ${formatBytes(slack.beforeBytes)}: little garbage piles up`;
    }
    const at = seconds((slack.timeMs - evidence.startedAtMs) / 1000);
    const who = slack.forced ? "forced to look" : "V8's own";
    return {
      kind: "gc-slack",
      leak: false,
      confidence: Math.min(0.97, Math.round(75 + 6 * slack.times) / 100),
      sentence: inThread(
        evidence,
        `Up to ${freed} of V8's memory was garbage that it had no reason to collect yet: no leak`,
      ),
      evidence: [
        `a major collection at ${at} (${who}) brought memory in V8 from ${formatBytes(slack.beforeBytes)} to ${formatBytes(slack.afterBytes)}`,
        `${slack.times} collection${slack.times === 1 ? "" : "s"} freed at least half as much; what is left afterwards does not grow`,
        ...(evidence.heapLimitBytes === undefined
          ? []
          : [
              `V8 may use ${formatBytes(evidence.heapLimitBytes)} of heap here: the more it may, the later it collects`,
            ]),
      ],
      next: [
        `If memory is scarce, give V8 less: about twice what is left after a collection is a start (--max-old-space-size=${suggestMegabytes(slack.afterBytes)}), and a smaller young generation (--max-semi-space-size) where that was raised.`,
        "Otherwise nothing: V8 collects before its limit is reached.",
      ],
      wouldChange: "Floors that rise from one collection to the next.",
      growth: [],
    };
  },
};

function suggestMegabytes(bytes: number): number {
  return Math.max(64, Math.ceil((2 * bytes) / 2 ** 20 / 32) * 32);
}
