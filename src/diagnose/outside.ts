/**
 * What the rules for memory outside V8's counters share. The resident set beyond those counters must
 * grow for sure; then the cause that explains most of the growth of the address space is the finding,
 * what explains less follows it, and each cause that explains nothing is ruled out with its figure.
 */
import { formatBytes } from "../base/bytes.ts";
import { type SpaceCause, type SpaceGrowth, touchedBytes } from "./address-space.ts";
import type { Evidence } from "./evidence.ts";
import type { Finding, VerdictKind } from "./finding.ts";
import { confidenceOf } from "./leak.ts";
import { growingOutside } from "./settled.ts";
import { courseInWords, rateInWords, seconds } from "./wording.ts";

const CAUSE_WORDS: Readonly<Record<SpaceCause, string>> = {
  "js-heap": "V8 pages that the main thread fills",
  workers: "V8 pages that no observed heap explains",
  native: "memory that native code allocated and holds",
  "allocator-retained": "memory that was freed and that the allocator keeps",
  mappings: "direct mappings",
  "mapped-files": "pages of mapped files",
  wasm: "WebAssembly memories",
  stacks: "stacks of threads",
  malloc: "malloc's heaps",
  anonymous: "large anonymous regions",
  v8: "V8 pages",
};

/** A cause must explain so much of the growth to be the finding, and so much to be named as a follower. */
const LEADING = 0.4;
const FOLLOWING = 0.15;
const MAX_MODULES = 8;
/** Of steady growth, warm-up left out. */
const OUTSIDE_SECONDS = 20;

/** What a rule says of a cause when it holds. */
export interface OutsideWords {
  readonly kind: VerdictKind;
  readonly leak: boolean;
  /** The sentence, given the rate in words. */
  readonly sentence: string;
  readonly evidence?: readonly string[];
  readonly next: readonly string[];
  readonly wouldChange: string;
  /** Upper end of the confidence, 0..1. Default: 0.95. */
  readonly atMost?: number;
}

/** Why growth outside V8's counters cannot be explained yet, or that there is none; `undefined` when it can. */
export function unexplained(evidence: Evidence): string | undefined {
  const channel = evidence.observed ? evidence.rest : evidence.resident;
  const words = evidence.observed ? "RSS outside V8's counters" : "RSS";
  if (evidence.thread !== undefined) return "judged on the main thread: this memory belongs to the whole process";
  if (!channel) return "not measured";
  if (!growingOutside(evidence)) {
    if (channel.state === "unknown") return `${words}: too few floors yet (${channel.floors.length})`;
    const isSlight = channel.state === "grows" ? ", while RSS as a whole does not grow" : "";
    return `${words} ${courseInWords(channel)}${isSlight}`;
  }
  if (!evidence.space) {
    const why = evidence.spaceAbsence ?? "needs a second reading of its regions";
    return `${words} grows by ${rateInWords(channel)}, but where is not known: ${why}`;
  }
  return undefined;
}

/** Share of the growth that some causes explain together, 0..1. */
export function shareOf({ byCause, totalBytes }: SpaceGrowth, causes: readonly SpaceCause[]): number {
  return totalBytes <= 0 ? 0 : causes.reduce((bytes, cause) => bytes + byCause[cause], 0) / totalBytes;
}

/** The cause that explains most, where it explains enough. */
export function leadingCause(space: SpaceGrowth): SpaceCause | undefined {
  const [leading] = ranked(space);
  return leading && shareOf(space, [leading]) >= LEADING ? leading : undefined;
}

/** The causes that count, largest first. */
export function ranked(space: SpaceGrowth): SpaceCause[] {
  return (Object.keys(CAUSE_WORDS) as SpaceCause[])
    .filter((cause) => shareOf(space, [cause]) >= FOLLOWING)
    .sort((a, b) => space.byCause[b] - space.byCause[a]);
}

/** `malloc's heaps (+24 MB)` */
export function causeInWords(space: SpaceGrowth, cause: SpaceCause): string {
  return `${CAUSE_WORDS[cause]} (+${formatBytes(space.byCause[cause])})`;
}

/**
 * Seconds that are missing until a heap which is seen from outside only may be accused: garbage, and a cache that
 * fills, look like a leak until V8 had time to collect. 0 when nothing is missing.
 */
export function missingSeconds({ observed, resident }: Evidence, cause: SpaceCause): number {
  const isHeap = cause === "js-heap" || cause === "workers";
  return observed || !isHeap ? 0 : Math.max(0, OUTSIDE_SECONDS - (resident?.seconds ?? 0));
}

/**
 * The finding that one cause explains the growth outside V8's counters, or why not.
 *
 * @param words - asked for only when it does; `rate` is that of the part which this cause explains.
 */
export function judgeCause(
  evidence: Evidence,
  cause: SpaceCause,
  words: (space: SpaceGrowth, rate: string) => OutsideWords,
): Finding | string {
  const why = unexplained(evidence);
  if (why !== undefined) return why;
  const channel = growingOutside(evidence);
  const { space } = evidence;
  if (!channel || !space) return "not measured";
  if (evidence.workersAlive?.state === "grows" && cause !== "workers")
    return "follows the number of workers, which grows";
  const leading = leadingCause(space);
  if (leading !== cause) return notLeading(evidence, space, cause, leading);
  const missing = missingSeconds(evidence, cause);
  if (missing > 0) return `${causeInWords(space, cause)}, but garbage may look like it: needs ${seconds(missing)} more`;
  const share = shareOf(space, [cause]);
  const rate = share * (channel.slope?.bytesPerSecond ?? 0);
  const { atMost, evidence: figures = [], ...said } = words(space, `${formatBytes(rate)}/s`);
  const followers = ranked(space).filter((each) => each !== cause);
  return {
    ...said,
    confidence: Math.round(Math.min(atMost ?? 0.95, confidenceOf(channel) * (0.7 + 0.3 * share)) * 100) / 100,
    evidence: [
      `RSS${evidence.observed ? " outside V8's counters" : ""} ${courseInWords(channel)}, by ${rateInWords(channel)} (z = ${channel.z.toFixed(1)})`,
      `within ${seconds(space.seconds)} of it, ${Math.round(share * 100)}% of the growth was ${causeInWords(space, cause)}`,
      ...figures,
      ...followers.map((each) => `beside it grew ${causeInWords(space, each)}`),
    ],
    growth: [
      { what: CAUSE_WORDS[cause], kind: said.kind, bytesPerSecond: rate, bytes: share * channel.riseBytes, count: 0 },
    ],
  };
}

function notLeading(
  evidence: Evidence,
  space: SpaceGrowth,
  cause: SpaceCause,
  leading: SpaceCause | undefined,
): string {
  const grew = `${CAUSE_WORDS[cause]}: +${formatBytes(space.byCause[cause])} of +${formatBytes(space.totalBytes)} within ${seconds(space.seconds)}`;
  const isMalloc = cause === "native" || cause === "allocator-retained" || cause === "mappings";
  if (isMalloc && (leading === "malloc" || leading === "anonymous")) {
    return `cannot be told from its neighbours: ${needsAccount(evidence)}`;
  }
  if (cause === "workers" && leading === "v8") return "V8 pages grow, but whose they are cannot be told from outside";
  return leading === undefined
    ? `${grew}, too little to be the cause`
    : `${grew}; ${causeInWords(space, leading)} explains it`;
}

/** What would part held from retained memory. */
export function needsAccount({ accountAbsence, observed, pid }: Evidence): string {
  if (!observed) {
    return `needs the allocator's account from inside (\`${attachCommand(pid)}\`), or a walk of its heap (\`plimsoll watch ${pid} --native-heap\`)`;
  }
  return `needs the allocator's account, ${accountAbsence ?? "which is asked for once memory outside V8 has grown"}`;
}

/** The command that looks into a process that was seen from outside only. */
export function attachCommand(pid: number): string {
  return `plimsoll watch ${pid} --attach`;
}

/** Who touched new pages first, in words; empty where that was not counted. */
export function touchedInWords({ pid, space }: Evidence): string[] {
  if (!space?.last.threadFaults) return [];
  const { mainBytes, helperBytes, otherBytes } = touchedBytes(space.first, space.last, pid);
  const [main, helpers, other] = [mainBytes, helperBytes, otherBytes].map(formatBytes);
  return [
    `of the new memory the main thread touched ${main} first, V8's helper threads ${helpers}, the busiest other thread ${other} (page faults within ${seconds(space.seconds)})`,
  ];
}

/** Native libraries that are loaded: listed, none of them accused. */
export function modulesInWords({ modules = [] }: Evidence): string[] {
  const loaded = modules.filter(({ isAddon }) => isAddon);
  const rest = modules.filter(({ isAddon }) => !isAddon);
  const listed = [...loaded, ...rest].slice(0, MAX_MODULES).map(({ path, packageName, packageVersion }) => {
    const file = path.split("/").at(-1) ?? path;
    return packageName === undefined ? file : `${packageName}${packageVersion ? `@${packageVersion}` : ""} (${file})`;
  });
  if (listed.length === 0) return [];
  const more = modules.length > MAX_MODULES ? ` and ${modules.length - MAX_MODULES} more` : "";
  return [`native libraries loaded, none of them accused: ${listed.join(", ")}${more}`];
}
