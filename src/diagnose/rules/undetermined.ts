/**
 * Too little data, growth too young to judge, or growth that V8 does not account for. It says which of
 * these, and what is missing: guessing costs more trust than waiting.
 */
import { formatBytes } from "../../base/bytes.ts";
import type { SpaceCause } from "../address-space.ts";
import type { Evidence } from "../evidence.ts";
import type { Finding } from "../finding.ts";
import { isJobEnded, keptChannels, listGrowth } from "../leak.ts";
import {
  attachCommand,
  causeInWords,
  leadingCause,
  missingSeconds,
  modulesInWords,
  needsAccount,
  ranked,
  touchedInWords,
} from "../outside.ts";
import type { Rule } from "../rule.ts";
import { climbsEarly, type OpenChannel, openChannels } from "../settled.ts";
import { END_THE_TURN, inThread, seconds } from "../wording.ts";

/** The rule of kind `undetermined`. */
export const undetermined: Rule = {
  kind: "undetermined",
  judge(evidence) {
    const early = climbsEarly(evidence);
    const open = [...openChannels(evidence), ...(early ? [early] : [])];
    const first = open[0];
    if (!first) return "there was enough to judge by";
    const kept = keptChannels(evidence);
    const isKnown = kept.some(({ channel }) => channel === first.channel);
    const common = { kind: "undetermined", leak: false, confidence: 0 } as const;
    if (first.channel.state !== "grows") return { ...common, ...wait(evidence, open), growth: [] };
    if (!isKnown) {
      if (isExplained(evidence)) return "what grows is known";
      return { ...common, ...outside(evidence, first), growth: [growthOutside(first)] };
    }
    if (!isJobEnded(evidence)) return "what grows is known";
    return { ...common, ...job(evidence, first), growth: listGrowth(evidence) };
  },
};

/** Causes that a reading from outside cannot part any further. */
const UNTOLD: ReadonlySet<SpaceCause> = new Set(["malloc", "anonymous", "v8", "stacks"]);

type Words = Pick<Finding, "sentence" | "evidence" | "next" | "wouldChange">;

/** Whether one of the rules for memory outside V8's counters has a cause. */
function isExplained(evidence: Evidence): boolean {
  const { space, workersAlive, threadsAlive, workers } = evidence;
  if (workersAlive?.state === "grows" || ((workers?.unobserved ?? 0) > 2 && threadsAlive?.state === "grows"))
    return true;
  const leading = space && leadingCause(space);
  return leading !== undefined && !UNTOLD.has(leading) && missingSeconds(evidence, leading) === 0;
}

function outside(evidence: Evidence, open: OpenChannel): Words {
  const unseen = evidence.observed ? "outside V8" : "of a process that is seen from outside only";
  const { between, next } = candidates(evidence);
  return {
    sentence: `${open.why}: ${between}`,
    evidence: [
      open.why,
      ...spaceInWords(evidence),
      ...(evidence.space && leadingCause(evidence.space) === "v8" ? touchedInWords(evidence) : []),
      ...unanswered(evidence),
      ...keptChannels(evidence).map(
        ({ words, channel }) => `${words}: ${channel.state}, ${formatBytes(channel.lastBytes)}`,
      ),
      ...modulesInWords(evidence),
    ],
    next,
    wouldChange: `Readings that tell the kinds of memory ${unseen} apart.`,
  };
}

function unanswered({ experiments = [] }: Evidence): string[] {
  return experiments
    .filter(({ outcome }) => outcome === "no-answer")
    .map(({ name }) => `the experiment "${name}" got no answer`);
}

function spaceInWords({ space }: Evidence): string[] {
  if (!space) return [];
  return ranked(space).map((cause) => `within ${seconds(space.seconds)} grew ${causeInWords(space, cause)}`);
}

/** Between which kinds it is not known, and what would tell. */
function candidates(evidence: Evidence): { between: string; next: string[] } {
  const { observed, space, silentSeconds } = evidence;
  const leading = space && leadingCause(space);
  if (leading === "v8") {
    const silent =
      silentSeconds === undefined ? "" : `, and the main thread has not answered for ${seconds(silentSeconds)}`;
    const workers = silentSeconds !== undefined && evidence.workers === undefined ? "" : ", those of a worker,";
    return {
      between: `a V8 heap grows${silent}; unknown between objects that the main thread keeps${workers} and WeakRef targets in a turn that does not end`,
      next: [silentSeconds === undefined ? lookInside(evidence) : END_THE_TURN],
    };
  }
  if (leading === "js-heap" || leading === "workers") {
    const whose = leading === "js-heap" ? "the main thread's heap" : "the heap of a worker";
    return {
      between: `${whose} grows, but seen from outside garbage looks like objects: needs about ${seconds(missingSeconds(evidence, leading))} more`,
      next: ["Let it run on.", lookInside(evidence)],
    };
  }
  if (leading === "malloc" || leading === "anonymous") {
    const kinds =
      leading === "malloc"
        ? "held native memory and memory that the allocator retains"
        : "large native blocks and direct mappings";
    const buffers = observed ? "" : ", or Buffers";
    return {
      between: `unknown between ${kinds}${buffers}; ${needsAccount(evidence)}`,
      next: [`To tell them apart it ${needsAccount(evidence)}.`],
    };
  }
  return observed
    ? {
        between: "native memory, mappings or another isolate, not told apart yet",
        next: [
          "Look at native modules, at worker threads started with an env of their own (they cannot be entered), and at what the allocator keeps.",
        ],
      }
    : {
        between: "its heap cannot be read, so what grows in it is not known",
        next: [lookInside(evidence)],
      };
}

function lookInside({ pid }: Evidence): string {
  return `If it is a Node program, look into it without a restart: \`${attachCommand(pid)}\`.`;
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
      ...(evidence.silentSeconds === undefined
        ? []
        : [
            `the main thread has not answered for ${seconds(evidence.silentSeconds)}: its turn of the event loop lasts`,
          ]),
      ...unanswered(evidence),
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
