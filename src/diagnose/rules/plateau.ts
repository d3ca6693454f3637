/**
 * It rose and then levelled off: a bounded cache that has filled, a pool, modules and compiled code
 * that have been loaded. Growth that stops is no leak, however steep it was.
 */
import { formatBytes } from "../../base/bytes.ts";
import type { Channel } from "../channel.ts";
import type { Evidence } from "../evidence.ts";
import { keptChannels } from "../leak.ts";
import type { Rule } from "../rule.ts";
import { judgeAfterGrowth, outsideCertainty } from "../settled.ts";
import { courseInWords, inThread, seconds } from "../wording.ts";

/** The rule of kind `plateau`. */
export const plateau: Rule = {
  kind: "plateau",
  judge(evidence) {
    const open = judgeAfterGrowth(evidence);
    if (open !== undefined) return `it has not levelled off: ${open}`;
    const levelled = channelsOf(evidence)
      .filter(({ channel }) => channel.state === "levelled-off")
      .sort((a, b) => b.channel.riseBytes - a.channel.riseBytes);
    const top = levelled[0];
    if (!top) return "nothing rose by more than noise and then stayed there";
    const { channel, words } = top;
    return {
      kind: "plateau",
      leak: false,
      confidence: evidence.observed
        ? confidenceOf(channel)
        : Math.min(confidenceOf(channel), outsideCertainty(channel.seconds)),
      sentence: inThread(
        evidence,
        `${words} rose by ${formatBytes(channel.riseBytes)} and have stayed there for ${seconds(channel.flatSeconds)}: a cache that is full, or warm-up`,
      ),
      evidence: levelled.map(
        (entry) =>
          `${entry.words} ${courseInWords(entry.channel)}, and have not moved by more than noise in the last ${seconds(entry.channel.flatSeconds)}`,
      ),
      next: [
        "If this is a cache, check that its size is what you meant it to be; it is part of what the program needs now.",
        "Nothing else: it does not grow any more.",
      ],
      wouldChange: "A level that rises again and goes on rising.",
      growth: [],
    };
  },
};

function channelsOf(evidence: Evidence): { channel: Channel; words: string }[] {
  if (evidence.observed) return keptChannels(evidence);
  return evidence.resident ? [{ channel: evidence.resident, words: "Resident pages (seen from outside only)" }] : [];
}

/** The longer it has been flat, by time and by share, the surer. */
function confidenceOf({ flatSeconds, seconds: span }: Channel): number {
  const share = flatSeconds / Math.max(1, span);
  return (
    Math.round(Math.min(0.97, 0.55 + 0.25 * Math.min(1, share / 0.5) + 0.2 * (1 - Math.exp(-flatSeconds / 20))) * 100) /
    100
  );
}
