/**
 * Nothing grew: every floor that was measured stays where it was, or goes up and down without a
 * direction.
 */
import { formatBytes } from "../../base/bytes.ts";
import { keptChannels } from "../leak.ts";
import type { Rule } from "../rule.ts";
import { climbsEarly, judgeAfterGrowth, outsideCertainty } from "../settled.ts";
import { courseInWords, inThread, levelsInWords, seconds } from "../wording.ts";

/** The rule of kind `healthy`. */
export const healthy: Rule = {
  kind: "healthy",
  judge(evidence) {
    const open = judgeAfterGrowth(evidence) ?? climbsEarly(evidence)?.why;
    if (open !== undefined) return open;
    const kept = keptChannels(evidence).map(({ channel, words }) => ({ channel, words }));
    const channels = evidence.observed || !evidence.resident ? kept : [{ channel: evidence.resident, words: "RSS" }];
    const levelled = channels.find(({ channel }) => channel.state === "levelled-off");
    if (levelled) return `${levelled.words} ${courseInWords(levelled.channel)} before levelling off`;
    const floors = Math.max(...channels.map(({ channel }) => channel.floors.length));
    const span = Math.max(...channels.map(({ channel }) => channel.seconds));
    const certainty = evidence.observed ? 0.6 + 0.38 * (1 - Math.exp(-span / 20)) : outsideCertainty(span);
    return {
      kind: "healthy",
      leak: false,
      confidence: Math.round(certainty * 100) / 100,
      sentence: inThread(
        evidence,
        evidence.observed
          ? `Memory after collections stayed flat for ${seconds(span)}: nothing grows`
          : `RSS stayed flat for ${seconds(span)}, seen from outside only`,
      ),
      evidence: [
        ...channels.map(({ channel, words }) => `${words}: ${levelsInWords(channel)}`),
        `${floors} floors were compared; the largest resident set was ${formatBytes(evidence.peakRssBytes)}`,
      ],
      next: ["Nothing. To find a slow leak, watch for longer and under the load that it shows under."],
      wouldChange: "Floors that rise over a longer time: a leak too slow for this stretch would not have shown.",
      growth: [],
    };
  },
};
