/**
 * Verdicts of "no leak" share one condition: nothing that was measured still grows or may grow. What
 * is missing for that is said in the same words everywhere.
 */
import type { Channel } from "./channel.ts";
import type { Evidence } from "./evidence.ts";
import { keptChannels } from "./leak.ts";
import { courseInWords, rateInWords } from "./wording.ts";

/** A channel that is not settled, and why. */
export interface OpenChannel {
  readonly channel: Channel;
  readonly why: string;
}

/** RSS that does not rise as steadily as its part outside V8 must have risen by this much, and by half as much as that part. */
const LARGE_BYTES = 24 * 2 ** 20;
const MUCH_BYTES = 32 * 2 ** 20;
const SHORT_SECONDS = 20;
/** The first and the last of three floors lie so far apart where it matters. */
const EARLY_BYTES = 2 * 2 ** 20;

/** The channel that shows growth outside V8's counters, where it is sure; of a process seen from outside its resident set. */
export function growingOutside({ observed, rest, resident }: Evidence): Channel | undefined {
  if (!observed) return resident?.state === "grows" ? resident : undefined;
  if (rest?.state !== "grows" || !resident) return undefined;
  const isLarge = rest.riseBytes >= LARGE_BYTES && resident.riseBytes >= rest.riseBytes / 2;
  return resident.state === "grows" || (resident.state === "may-grow" && isLarge) ? rest : undefined;
}

/** A rise outside V8 that is too large to be creeping, though it is not steady enough to be judged. */
function mayGrowMuch({ rest, resident }: Evidence): boolean {
  if (rest?.state !== "may-grow" || !resident || resident.state === "flat" || resident.state === "levelled-off")
    return false;
  const { riseBytes, lastBytes, seconds, z } = rest;
  const much = seconds < SHORT_SECONDS && z >= 1.96 ? MUCH_BYTES / 2 : MUCH_BYTES;
  return riseBytes >= Math.max(much, 0.2 * lastBytes) && resident.riseBytes >= riseBytes / 2;
}

/** Channels that grow, may grow or are not known yet; worst first. */
export function openChannels(evidence: Evidence): OpenChannel[] {
  const kept = keptChannels(evidence);
  const outside = evidence.observed
    ? [{ channel: evidence.rest, words: "RSS outside V8" }]
    : [{ channel: evidence.resident, words: "RSS" }];
  const open: (OpenChannel & { rank: number })[] = [];
  for (const { channel, words } of [...kept, ...outside]) {
    if (!channel) continue;
    const rank = ["grows", "may-grow", "unknown"].indexOf(channel.state);
    if (rank < 0) continue;
    // RSS creeps while code is compiled and the allocator spreads: only sure or large growth counts, and V8's floors decide alone.
    const isKept = kept.some((entry) => entry.channel === channel);
    if (!isKept && evidence.observed && growingOutside(evidence) !== channel && !mayGrowMuch(evidence)) continue;
    const verb = words.startsWith("RSS") ? "grows" : "grow";
    const [grows, mayGrow] = [`${words} ${verb} by ${rateInWords(channel)}`, `${words} ${courseInWords(channel)}`];
    const why =
      [grows, `${mayGrow}: it may still grow`, `${words}: too few floors yet (${channel.floors.length})`][rank] ?? "";
    open.push({ channel, why, rank });
  }
  return open.sort((a, b) => a.rank - b.rank);
}

/** In the first moments no rise is much yet: while the resident set still climbs, nobody can say that nothing grows. */
export function climbsEarly({ observed, resident, seconds }: Evidence): OpenChannel | undefined {
  if (!observed || !resident || seconds >= SHORT_SECONDS) return undefined;
  const [before, middle, last] = resident.floors.slice(-3).map(({ bytes }) => bytes);
  if (before === undefined || middle === undefined || last === undefined) return undefined;
  if (middle <= before || last <= middle || last - before < EARLY_BYTES) return undefined;
  const channel = { ...resident, state: "may-grow", neededSeconds: Math.max(5, resident.neededSeconds) } as const;
  return { channel, why: `RSS ${courseInWords(resident)}: it may still grow` };
}

/** Why nothing can be called settled yet, or `undefined`. */
export function judgeAfterGrowth(evidence: Evidence): string | undefined {
  return openChannels(evidence)[0]?.why;
}

/** How sure a level can be that was seen from outside only: objects may pile up unseen where garbage was. 0..1 */
export function outsideCertainty(seconds: number): number {
  return Math.round((0.3 + 0.5 * (1 - Math.exp(-seconds / 60))) * 100) / 100;
}
