/**
 * V8 heaps other than the main thread's. The main thread's counters do not contain them: a worker's heap
 * can grow to gigabytes while heapUsed stays at 8 MB. Seen from inside where the worker's preload answers;
 * else as V8 pages in the address space that no counter explains; and as a number of workers that grows.
 */
import { formatBytes } from "../../base/bytes.ts";
import type { Evidence } from "../evidence.ts";
import type { Finding } from "../finding.ts";
import { heapCause, judgeHeapAs } from "../heap-cause.ts";
import { confidenceOf } from "../leak.ts";
import { attachCommand, judgeCause, touchedInWords } from "../outside.ts";
import type { Rule } from "../rule.ts";
import { courseInWords, rateInWords, seconds } from "../wording.ts";

/** The rule of kind `workers`. */
export const workers: Rule = {
  kind: "workers",
  judge(evidence) {
    if (evidence.thread !== undefined) {
      const cause = heapCause(evidence);
      if (cause.kind !== "workers") return cause.why;
      return judgeHeapAs(evidence, "workers", {
        evidence: ["the main thread's counters (process.memoryUsage) do not contain this heap"],
        next: [
          "Bound it in the worker: delete entries when they are done with; or give the worker a limit of its own (resourceLimits.maxOldGenerationSizeMb) and replace it when it ends.",
          "Until that ships, end and restart the worker: its heap goes with it.",
        ],
      });
    }
    return judgeNumber(evidence) ?? judgePages(evidence);
  },
};

/** More and more workers, whatever each of them holds. */
function judgeNumber(evidence: Evidence): Finding | undefined {
  const { workersAlive, threadsAlive, resident, workers: count } = evidence;
  const isSeen = workersAlive?.state === "grows";
  const isStarted = (count?.unobserved ?? 0) > 2 && threadsAlive?.state === "grows";
  const alive = isSeen ? workersAlive : isStarted ? threadsAlive : undefined;
  if (!alive || resident?.state !== "grows") return undefined;
  const perSecond = alive.slope?.bytesPerSecond ?? 0;
  const rate = resident.slope?.bytesPerSecond ?? 0;
  return {
    kind: "workers",
    leak: true,
    confidence: Math.round(Math.min(0.97, confidenceOf(resident), confidenceOf(alive)) * 100) / 100,
    sentence: `Workers are started and not ended: ${Math.round(alive.lastBytes)} ${isSeen ? "live" : "threads live"}, ${perSecond.toFixed(1)} more a second, and RSS grows by ${rateInWords(resident)}: a leak`,
    evidence: [
      `${isSeen ? "workers that live" : "threads of the process"}: ${Math.round(alive.firstBytes)}, then ${Math.round(alive.lastBytes)} within ${seconds(alive.seconds)}`,
      `RSS ${courseInWords(resident)}: ${formatBytes(rate / Math.max(0.001, perSecond))} for each`,
      ...(count ? [`workers started: ${count.started}, of which ${count.unobserved} never answered`] : []),
    ],
    next: [
      "End each worker when its work is done (worker.terminate(), or let it run out of work), or keep a pool of as many as there are cores.",
      "Until that ships, restart the program before it reaches its limit.",
    ],
    wouldChange: "A number of workers that stays where it is: a pool that is still filling looks the same.",
    growth: [
      {
        what: "workers that are not ended",
        kind: "workers",
        bytesPerSecond: rate,
        bytes: resident.riseBytes,
        count: 0,
      },
    ],
  };
}

/** V8 pages that no counter explains: an isolate that nobody counted. */
function judgePages(evidence: Evidence): Finding | string {
  return judgeCause(evidence, "workers", (space, rate) => {
    const { workers: count, silentWorkers = [], heap, observed, pid } = evidence;
    const whose =
      silentWorkers.length > 0
        ? `of worker ${silentWorkers.join(", ")}, which does not answer,`
        : (count?.unobserved ?? 0) > 0
          ? "of a worker that cannot be asked"
          : observed
            ? "of an isolate that nobody counts"
            : "of a worker";
    const names = Object.entries(space.last.threadNames).map(([name, number]) => `${number} ${name}`);
    const [before, after] = [space.first, space.last].map((sample) => sample.kinds["v8-page"]);
    return {
      kind: "workers",
      leak: true,
      sentence: `The V8 heap ${whose} grows by ${rate}, ${observed ? "while the main thread's heap does not explain it" : "seen from outside only"}: a leak`,
      evidence: [
        `V8 pages: ${formatBytes(before?.rssBytes ?? 0)} in ${before?.count ?? 0} regions, then ${formatBytes(after?.rssBytes ?? 0)} in ${after?.count ?? 0} (${space.last.v8OrdinaryPages} of V8's ordinary 256 KiB)${observed ? "; what observed heaps hold is taken off" : ""}`,
        ...(observed ? [] : touchedInWords(evidence)),
        ...(heap ? [`the main thread's heap ${courseInWords(heap)}`] : []),
        ...(count ? [`workers started: ${count.started}, of which ${count.unobserved} never answered`] : []),
        ...(silentWorkers.length > 0 ? ["a turn of its event loop does not end, so nobody can ask it"] : []),
        `threads: ${names.join(", ")}`,
      ],
      next: [
        ...(observed ? [] : [`Look into it, without a restart: \`${attachCommand(pid)}\`.`]),
        (count?.unobserved ?? 0) > 0
          ? "Let the worker inherit the environment (no `env` of its own in new Worker), or pass NODE_OPTIONS and PLIMSOLL_SOCKET on: then its allocating function can be named."
          : "Look at what the workers keep, and let each return to its event loop now and then, so that it can be asked.",
        "Give it a limit of its own (resourceLimits.maxOldGenerationSizeMb), and restart it until the cause is mended: its heap goes with it.",
      ],
      wouldChange:
        "A collection in that isolate that brings the pages back: from outside garbage looks like living objects until then.",
      atMost: observed ? 0.85 : 0.75,
    };
  });
}
