/**
 * What the rules of growing V8 memory share: a leak is a channel whose floors grow without levelling
 * off. Of several growing channels the fastest is the headline; the others follow it and are listed.
 */
import { formatBytes } from "../base/bytes.ts";
import type { Channel } from "./channel.ts";
import type { Evidence } from "./evidence.ts";
import type { Finding, Growth, GrowthLocation } from "./finding.ts";
import type { GrowingSite, SiteGrowth } from "./growth-site.ts";
import { courseInWords, functionInWords, levelsInWords, inThread, rateInWords, seconds } from "./wording.ts";

/** The channels in which V8 accounts for what JavaScript keeps alive. */
const KEPT = ["js-heap", "buffers", "external"] as const;
/** A kind of verdict that stands for one of V8's channels. */
export type KeptKind = (typeof KEPT)[number];

const WORDS: Readonly<Record<KeptKind, string>> = {
  "js-heap": "JavaScript objects",
  buffers: "Buffers",
  external: "External bytes (long strings, WebAssembly)",
};

const ANONYMOUS = "(anonymous)";
/** Sites with less than this share of the growth are not listed. */
const MIN_SHARE = 0.1;
const MAX_SITES = 3;

/** V8's channels with their kinds, where they could be measured. */
export function keptChannels(evidence: Evidence): { kind: KeptKind; channel: Channel; words: string }[] {
  const channels = { "js-heap": evidence.heap, buffers: evidence.buffers, external: evidence.external };
  return KEPT.flatMap((kind) => {
    const channel = channels[kind];
    return channel ? [{ kind, channel, words: WORDS[kind] }] : [];
  });
}

/** Bytes per second of a channel that grows; 0 otherwise. */
export function growthRate(channel: Channel | undefined): number {
  return channel?.state === "grows" ? (channel.slope?.bytesPerSecond ?? 0) : 0;
}

/**
 * The finding that one of V8's channels leaks, or why not.
 *
 * @param kind - the channel.
 * @param next - what to do for this kind, after where to look.
 */
export function judgeLeak(evidence: Evidence, kind: KeptKind, next: readonly string[]): Finding | string {
  const channels = keptChannels(evidence);
  const own = channels.find((entry) => entry.kind === kind);
  if (!own) return "not measured: no preload answered from this process";
  const { channel, words } = own;
  if (channel.state !== "grows") return notGrowing(words, channel);
  const leading = channels.reduce((a, b) => (growthRate(b.channel) > growthRate(a.channel) ? b : a));
  if (leading.kind !== kind) {
    return `${words} grow by ${rateInWords(channel)} too, but follow: ${leading.words} grow faster, by ${rateInWords(leading.channel)}`;
  }
  if (isJobEnded(evidence)) {
    return `${words} grew by ${rateInWords(channel)}, but were let go when the program ended: perhaps the working set of a job`;
  }
  const followers = channels.filter((entry) => entry.kind !== kind && entry.channel.state === "grows");
  const growth = listGrowth(evidence);
  const top = growth[0];
  return {
    kind,
    leak: true,
    confidence: confidenceOf(channel),
    sentence: inThread(
      evidence,
      `${words} grow by ${rateInWords(channel)} after every collection and do not level off: a leak`,
    ),
    evidence: [
      `${words} ${courseInWords(channel)}, over ${channel.floors.length} floors (memory left right after a collection; ${evidence.forcedMajors} of ${evidence.majors} collections were forced for this)`,
      `the rise is steady: Mann-Kendall z = ${channel.z.toFixed(1)}, Theil-Sen ${rateInWords(channel)}, the last third at ${Math.round(channel.steadiness * 100)}% of the middle third's rate, scatter ${formatBytes(channel.scatterBytes)}`,
      ...siteEvidence(evidence.sites, top),
      ...followers.map((entry) => `${entry.words} follow, by ${rateInWords(entry.channel)}`),
      ...restEvidence(evidence),
      ...perRequest(evidence, channel),
    ],
    next: [whereToLook(kind, top), ...next],
    wouldChange: `A level that stays where it is for a quarter of the time: a cache that is still filling looks the same. ${seconds(channel.seconds)} were judged; longer is surer.`,
    growth,
  };
}

/** A job that gathers until it is done looks like a leak; a server that let go at its end is no job. */
export function isJobEnded({ letGoBytes, requestsPerSecond }: Evidence): boolean {
  return letGoBytes !== undefined && requestsPerSecond === undefined;
}

/** What grows in V8, fastest first, with the functions that allocate it. */
export function listGrowth(evidence: Evidence): Growth[] {
  return keptChannels(evidence)
    .filter(({ channel }) => channel.state === "grows")
    .sort((a, b) => growthRate(b.channel) - growthRate(a.channel))
    .flatMap(({ kind, channel, words }, index) => {
      const sites = index === 0 ? listSites(evidence, kind, channel) : [];
      return sites.length > 0 ? sites : [wholeGrowth(evidence, kind, channel, words)];
    });
}

function notGrowing(words: string, channel: Channel): string {
  const course = courseInWords(channel);
  const levels = levelsInWords(channel);
  switch (channel.state) {
    case "unknown":
      return `${words}: too few floors yet (${channel.floors.length})`;
    case "flat":
      return `${words} stay flat: ${levels}`;
    case "levelled-off":
      return `${words} ${course}, then stayed there for ${seconds(channel.flatSeconds)}`;
    case "may-grow":
    case "grows":
      return `${words} ${course}: not steady or not long enough to call it growth`;
  }
}

/** From significance, span, deceleration and scatter, 0..1; never 1. */
export function confidenceOf(channel: Channel): number {
  const significant = 1 - channel.p / 2;
  const long = 0.6 + 0.4 * (1 - Math.exp(-channel.seconds / 25));
  const steady = 0.85 + 0.15 * channel.steadiness;
  const clean = 1 - Math.min(0.15, (0.5 * channel.scatterBytes) / Math.max(1, channel.riseBytes));
  return Math.round(Math.min(0.99, significant * long * steady * clean) * 100) / 100;
}

/** The functions that allocated it, each with its share of the channel's rate. */
function listSites(evidence: Evidence, kind: KeptKind, channel: Channel): Growth[] {
  const growth = evidence.sites;
  if (!growth) return [];
  const weigh = weightOf(kind, growth);
  const total = growth.sites.reduce((sum, site) => sum + weigh(site), 0);
  if (total <= 0) return [];
  const rate = growthRate(channel);
  return growth.sites
    .map((site) => ({ site, share: weigh(site) / total }))
    .filter(({ site, share }) => share >= MIN_SHARE && isSeen(site, kind))
    .sort((a, b) => b.share - a.share)
    .slice(0, MAX_SITES)
    .map(({ site, share }) => ({
      what: `${kind === "js-heap" ? "objects" : kind === "buffers" ? "Buffers" : "external memory"} allocated in ${nameOf(site)}`,
      kind,
      bytesPerSecond: share * rate,
      bytes: share * channel.riseBytes,
      count: site.count,
      ...bytesPerRequest(evidence, share * rate),
      where: locate(site, growth),
      callers: site.callers,
    }));
}

/** A Buffer is a small object on the heap with its bytes elsewhere: Node's own functions allocate it, so count those. */
function weightOf(kind: KeptKind, growth: SiteGrowth): (site: GrowingSite) => number {
  if (kind === "js-heap") return (site) => site.bytes;
  // With small steps Node's own bookkeeping is met, too: it keeps no Buffers.
  const isOwn = ({ where }: GrowingSite): boolean => !where.file.startsWith("node:");
  const viaNode = kind === "buffers" && growth.sites.some((site) => isOwn(site) && site.viaNodeBytes > 0);
  return (site) => (!isOwn(site) ? 0 : viaNode ? site.viaNodeBytes : Math.max(0, site.count));
}

/** Code that V8 can place, and more than a chance sample; where a few large Buffers leak, one may be all there is. */
function isSeen(site: GrowingSite, kind: KeptKind): boolean {
  return site.where.file !== "(no file)" && site.count >= (kind === "js-heap" ? 3 : 1);
}

/** A function without a name is told by who calls it. */
function nameOf({ where, callers }: GrowingSite): string {
  const caller = callers.find((each) => each.function !== ANONYMOUS);
  if (where.function !== ANONYMOUS) return where.function;
  return caller ? `an anonymous function called from ${caller.function}` : "an anonymous function";
}

function locate({ where }: GrowingSite, { precise }: SiteGrowth): GrowthLocation {
  const { file, line, function: name } = where;
  return precise ? { file, line, function: name } : { file, line, function: name, inlinedInto: name };
}

function wholeGrowth(evidence: Evidence, kind: KeptKind, channel: Channel, words: string): Growth {
  const rate = growthRate(channel);
  return {
    what: words,
    kind,
    bytesPerSecond: rate,
    bytes: channel.riseBytes,
    count: 0,
    ...bytesPerRequest(evidence, rate),
  };
}

function bytesPerRequest(evidence: Evidence, bytesPerSecond: number): { bytesPerRequest?: number } {
  const perSecond = evidence.requestsPerSecond;
  return perSecond === undefined ? {} : { bytesPerRequest: bytesPerSecond / perSecond };
}

function siteEvidence(sites: SiteGrowth | undefined, top: Growth | undefined): string[] {
  if (!sites) return ["no allocation profile could be compared yet, so the allocating function is not known"];
  if (!top?.where) return ["the allocation profiles hold too few samples of it to name a function"];
  const how = sites.precise
    ? "inlining was off, so every function is billed for itself"
    : "inlining was on, so a function that V8 inlined into it may be meant";
  return [
    `${functionInWords(top.where)} allocated the largest part of what was born and kept within ${seconds(sites.seconds)} (${how})`,
  ];
}

/** Growth that V8 does not account for is named, never explained here. */
function restEvidence({ rest }: Evidence): string[] {
  if (rest?.state !== "grows") return [];
  return [`RSS outside V8 grows too, by ${rateInWords(rest)}: a second cause, or a follower`];
}

function perRequest(evidence: Evidence, channel: Channel): string[] {
  const { bytesPerRequest: bytes } = bytesPerRequest(evidence, growthRate(channel));
  if (bytes === undefined || evidence.requestsPerSecond === undefined) return [];
  return [`${Math.round(evidence.requestsPerSecond)} HTTP requests/s were served: ${formatBytes(bytes)} stay for each`];
}

function whereToLook(kind: KeptKind, top: Growth | undefined): string {
  const thing = kind === "js-heap" ? "the objects" : kind === "buffers" ? "the Buffers" : "the strings or memories";
  if (!top?.where)
    return `Look for what collects ${thing}: a Map, an array, a cache, listeners or timers that live as long as the program.`;
  const caller = top.callers?.[0];
  const from = caller ? `, called from ${functionInWords(caller)}` : "";
  return `Look at ${functionInWords(top.where)}${from}: follow ${thing} made there to the collection, listener or timer that keeps them.`;
}
