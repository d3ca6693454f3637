/**
 * Memory that the program has freed and that malloc keeps: holes between blocks that still live
 * (fragmentation), or arenas of 64 MB that each thread has of its own. No leak, yet it counts against
 * the limit.
 */
import { formatBytes } from "../../base/bytes.ts";
import type { Retained } from "../address-space.ts";
import type { Evidence } from "../evidence.ts";
import type { Finding } from "../finding.ts";
import { judgeCause, modulesInWords, needsAccount, unexplained } from "../outside.ts";
import type { Rule } from "../rule.ts";
import { growingOutside, openChannels } from "../settled.ts";

/** Less than this is what malloc keeps in any program. */
const MIN_RETAINED_BYTES = 48 * 2 ** 20;
const MIN_RETAINED_SHARE = 0.35;
const ARENAS = 0.5;

/** The rule of kind `allocator-retained`. */
export const allocatorRetained: Rule = {
  kind: "allocator-retained",
  judge(evidence) {
    if (growingOutside(evidence)) {
      return judgeCause(evidence, "allocator-retained", (_space, rate) => ({
        kind: "allocator-retained",
        leak: false,
        sentence: `malloc keeps ${rate} more of what the program has freed: ${shapeOf(evidence.retained)}, no leak`,
        ...common(evidence),
      }));
    }
    return judgeLevel(evidence);
  },
};

/** It does not grow any more, or never did: much of it may still be kept for nothing. */
function judgeLevel(evidence: Evidence): Finding | string {
  const { retained, peakRssBytes } = evidence;
  if (!retained) return evidence.thread === undefined ? levelUnknown(evidence) : "judged on the main thread";
  const share = retained.bytes / Math.max(1, retained.account.rssBytes);
  if (retained.bytes < MIN_RETAINED_BYTES || share < MIN_RETAINED_SHARE) {
    return `of ${formatBytes(retained.account.rssBytes)} the allocator keeps ${formatBytes(retained.bytes)} for nothing: little`;
  }
  const [open] = openChannels(evidence);
  if (open) return `the allocator keeps ${formatBytes(retained.bytes)}, but something else is not settled: ${open.why}`;
  return {
    kind: "allocator-retained",
    leak: false,
    confidence: Math.round(Math.min(0.95, 0.7 + 0.3 * share) * 100) / 100,
    sentence: `${formatBytes(retained.bytes)} of ${formatBytes(retained.account.rssBytes)} resident memory is free: malloc keeps what the program has freed (${shapeOf(retained)}), no leak`,
    growth: [],
    ...common(evidence),
    evidence: [`the largest resident set was ${formatBytes(peakRssBytes)}`, ...common(evidence).evidence],
  };
}

function levelUnknown(evidence: Evidence): string {
  return `${unexplained(evidence) ?? "RSS outside V8's counters is explained"}; to say how much the allocator keeps ${needsAccount(evidence)}`;
}

function common(evidence: Evidence): Pick<Finding, "evidence" | "next" | "wouldChange"> {
  const { retained } = evidence;
  const trim = trimOf(evidence);
  const isArenas = retained !== undefined && retained.arenaShare >= ARENAS;
  return {
    evidence: [
      ...(retained
        ? [
            `glibc's account: ${formatBytes(retained.account.usedBytes)} in use, ${formatBytes(retained.account.freeBytes)} free, of which ${formatBytes(retained.bytes)} are resident`,
            `${Math.round(retained.arenaShare * 100)}% of malloc's heaps are arenas of threads (${retained.arenas} of them)`,
          ]
        : []),
      ...(trim ? [trim] : []),
      ...modulesInWords(evidence),
    ],
    next: [
      isArenas
        ? "Start it with MALLOC_ARENA_MAX=2: threads then share arenas. If that costs too much speed, preload jemalloc instead."
        : "Preload jemalloc (LD_PRELOAD=libjemalloc.so.2), which scatters less, or make the blocks that survive come from elsewhere: allocate what lives long first.",
      trim
        ? "malloc_trim gives back what was measured above; call it again when memory is scarce, it costs milliseconds."
        : "Measure first what a trim gives back: run with --experiments.",
    ],
    wouldChange: "In-use bytes that grow with RSS: then native code holds it.",
  };
}

function shapeOf(retained: Retained | undefined): string {
  if (!retained) return "fragmentation or arenas of threads";
  return retained.arenaShare >= ARENAS ? "arenas of threads" : "fragmentation";
}

/** The measured effect of a trim. */
function trimOf({ experiments = [] }: Evidence): string | undefined {
  const trim = experiments.findLast(({ name, outcome }) => name === "trim" && outcome === "done");
  if (!trim?.before || !trim.after) return undefined;
  const freed = trim.before.rssBytes - trim.after.rssBytes;
  return `malloc_trim gave back ${formatBytes(Math.max(0, freed))} in ${trim.pauseMs.toFixed(0)} ms: RSS went from ${formatBytes(trim.before.rssBytes)} to ${formatBytes(trim.after.rssBytes)}`;
}
