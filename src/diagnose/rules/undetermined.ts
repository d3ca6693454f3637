/**
 * Too little data, growth too young to judge, or growth that V8 does not account for. It says which of
 * these, and what is missing: guessing costs more trust than waiting.
 */
import { formatBytes } from "../../base/bytes.ts";
import type { Evidence } from "../evidence.ts";
import type { Finding } from "../finding.ts";
import { isJobEnded, keptChannels, listGrowth } from "../leak.ts";
import type { Rule } from "../rule.ts";
import { type OpenChannel, openChannels } from "../settled.ts";
import { inThread, seconds } from "../wording.ts";

/** The rule of kind `undetermined`. */
export const undetermined: Rule = {
  kind: "undetermined",
  judge(evidence) {
    const open = openChannels(evidence);
    const first = open[0];
    if (!first) return "there was enough to judge by";
    const kept = keptChannels(evidence);
    const isKnown = kept.some(({ channel }) => channel === first.channel);
    const common = { kind: "undetermined", leak: false, confidence: 0 } as const;
    if (first.channel.state !== "grows") return { ...common, ...wait(evidence, open), growth: [] };
    if (!isKnown) return { ...common, ...outside(evidence, first), growth: [growthOutside(first)] };
    if (!isJobEnded(evidence)) return "what grows is known";
    return { ...common, ...job(evidence, first), growth: listGrowth(evidence) };
  },
};

type Words = Pick<Finding, "sentence" | "evidence" | "next" | "wouldChange">;

function outside(evidence: Evidence, open: OpenChannel): Words {
  const unseen = evidence.observed ? "outside V8" : "of a process that is seen from outside only";
  const candidates = evidence.observed
    ? "native memory, mappings or another isolate, not told apart yet"
    : "its heap cannot be read, so what grows in it is not known";
  return {
    sentence: `${open.why}: ${candidates}`,
    evidence: [
      open.why,
      ...keptChannels(evidence).map(
        ({ words, channel }) => `${words}: ${channel.state}, ${formatBytes(channel.lastBytes)}`,
      ),
    ],
    next: evidence.observed
      ? [
          "Look at native modules, at worker threads started with an env of their own (they cannot be entered), and at what the allocator keeps.",
        ]
      : ["Start it so that it inherits NODE_OPTIONS and PLIMSOLL_SOCKET, if it is a Node program."],
    wouldChange: `Readings that tell the kinds of memory ${unseen} apart.`,
  };
}

function job(evidence: Evidence, open: OpenChannel): Words {
  return {
    sentence: inThread(
      evidence,
      `${open.why} until the program ended, and ${formatBytes(evidence.letGoBytes)} were let go then: the working set of a job, or a leak that its end hides`,
    ),
    evidence: [open.why, "the last collection, at its end, brought back most of what had been gathered"],
    next: ["Give it more to do: if its memory grows with the work done and not with the work in hand, it leaks."],
    wouldChange: "A longer run, or one that serves requests.",
  };
}

function wait(evidence: Evidence, open: readonly OpenChannel[]): Words {
  const needed = Math.max(...open.map(({ channel }) => channel.neededSeconds));
  const growing = open.some(({ channel }) => channel.state === "may-grow");
  const why = growing ? "Memory rises, but not long or steadily enough to judge" : "Too little was seen to judge";
  const missing = evidence.ended
    ? `it ended after ${seconds(evidence.seconds)}, and about ${needed} s more were needed`
    : `needs about ${needed} s more`;
  return {
    sentence: inThread(evidence, `${why}: ${missing}`),
    evidence: [
      ...open.map((entry) => entry.why),
      `${evidence.majors} major collections were seen in ${seconds(evidence.seconds)}`,
      ...evidence.troubles,
    ],
    next: [evidence.ended ? "Run it for longer, under its usual load." : "Let it run on, under its usual load."],
    wouldChange: `About ${needed} s more of the same load.`,
  };
}

function growthOutside({ channel }: OpenChannel): Finding["growth"][number] {
  return {
    what: "memory that V8 does not account for",
    kind: "undetermined",
    bytesPerSecond: channel.slope?.bytesPerSecond ?? 0,
    bytes: channel.riseBytes,
    count: 0,
  };
}
