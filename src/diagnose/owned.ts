/**
 * What the program's own ledger (`plimsoll/scope`) says of growth: values that are created and not released.
 * Their number is judged like any other series, so one that is flat or has levelled off accuses nobody. That it rises
 * while memory does proves no cause yet: bytes that the library tells, or a profile that names the same function, do.
 */
import { formatBytes } from "../base/bytes.ts";
import type { CodeLocation, OwnedPlace } from "../base/wire.ts";
import type { ThreadRecording } from "../monitor/remote/recording.ts";
import { type Channel, judgeChannel } from "./channel.ts";
import type { Finding, Growth, VerdictKind } from "./finding.ts";
import { functionInWords, seconds } from "./wording.ts";

/** Values of one library that become more and more. */
export interface OwnedGrowth {
  /** The library, as its adapter calls it. */
  readonly name: string;
  /** Its living values over time; numbers, not bytes. */
  readonly channel: Channel;
  /** What their bytes gained each second; absent where the library does not tell them. */
  readonly bytesPerSecond?: number;
  /** The place that gained most. */
  readonly place?: OwnedPlace;
  /** Part of all that was gained which this place gained, 0..1. */
  readonly placeShare: number;
  /** When the newest reading was made. */
  readonly timeMs: number;
}

/** Fewer more than before are noise, or this share of their number. */
const FEW = 50;
const FEW_RATIO = 0.05;
/** So much of the growth must be known to be theirs. */
const EXPLAINED_SHARE = 0.3;
const MOST = 0.5;
/** Kinds that values can hold; what a turn keeps, and code, have other causes. */
const HELD: readonly VerdictKind[] = ["js-heap", "workers", "buffers", "external", "wasm", "native", "mappings"];
/** The bytes that a library tells lie outside of these. */
const ON_HEAP: readonly VerdictKind[] = ["js-heap", "workers"];

/** The library whose living values grow fastest. Default: none grows. */
export function ownedGrowth(
  { ledger = [], ledgerCourse = [] }: Pick<ThreadRecording, "ledger" | "ledgerCourse">,
  fromMs: number,
  nowMs: number,
): OwnedGrowth | undefined {
  const course = ledgerCourse.filter(({ timeMs }) => timeMs >= fromMs && timeMs <= nowMs);
  const names = new Set(course.at(-1)?.totals.map(({ name }) => name));
  let fastest: OwnedGrowth | undefined;
  for (const name of names) {
    const seen = course.flatMap(({ timeMs, totals }) => {
      const total = totals.find((one) => one.name === name);
      return total ? [{ ...total, timeMs }] : [];
    });
    const channel = judgeChannel(
      seen.map(({ timeMs, live }) => ({ timeMs, bytes: live })),
      { bytes: FEW, ratio: FEW_RATIO },
    );
    if (channel.state !== "grows" || rateOf(channel) <= rateOf(fastest?.channel)) continue;
    const [first, last] = [seen[0], seen.at(-1)];
    const gained = (last?.bytes ?? 0) - (first?.bytes ?? 0);
    const spanSeconds = ((last?.timeMs ?? 0) - (first?.timeMs ?? 0)) / 1000;
    fastest = {
      name,
      channel,
      timeMs: last?.timeMs ?? nowMs,
      ...(last?.bytes === undefined ? {} : { bytesPerSecond: Math.max(0, gained) / spanSeconds }),
      ...gainingPlace(name, ledger, nowMs),
    };
  }
  return fastest;
}

/** Adds to a leak what the ledger says of it; the same finding where it says nothing. */
export function explainByOwner(finding: Finding, owned: OwnedGrowth | undefined): Finding {
  const [top] = finding.growth;
  if (!finding.leak || !owned || !top || !HELD.includes(top.kind)) return finding;
  const rate = finding.growth.reduce((sum, one) => sum + (one.kind === top.kind ? one.bytesPerSecond : 0), 0);
  const share = ON_HEAP.includes(top.kind) ? undefined : shareOf(owned, rate);
  // What they hold is known, and it is not this.
  if (share !== undefined && share < EXPLAINED_SHARE) return finding;
  const isSame = isSamePlace(owned.place?.where, top);
  const isProven = share !== undefined || isSame;
  const evidence = [...finding.evidence, evidenceOf(owned, rate, share, isSame, top)];
  if (!isProven && top.where) return { ...finding, evidence };
  return {
    ...finding,
    evidence,
    next: isProven ? [releaseThem(owned), ...finding.next] : [...finding.next, releaseThem(owned)],
    growth: finding.growth.map((one) => (one.kind === top.kind ? withOwner(one, owned, isProven) : one)),
  };
}

function gainingPlace(
  name: string,
  readings: NonNullable<ThreadRecording["ledger"]>,
  nowMs: number,
): { place?: OwnedPlace; placeShare: number } {
  const [first, last] = [readings[0], readings.at(-1)];
  if (!first || !last || last.timeMs > nowMs) return { placeShare: 0 };
  const liveAt = (place: OwnedPlace): number =>
    first === last ? 0 : (first.places.find((one) => one.name === name && isAt(one.where, place.where))?.live ?? 0);
  let best: OwnedPlace | undefined;
  let most = 0;
  let all = 0;
  for (const place of last.places) {
    if (place.name !== name) continue;
    const gained = Math.max(0, place.live - liveAt(place));
    all += gained;
    if (gained > most) [best, most] = [place, gained];
  }
  return { ...(best ? { place: best } : {}), placeShare: all > 0 ? most / all : 0 };
}

function withOwner(growth: Growth, owned: OwnedGrowth, isProven: boolean): Growth {
  const where = owned.place?.where;
  const many = `${whole(owned.channel.lastBytes)} living ${owned.name} values`;
  return {
    ...growth,
    holder: isProven ? `${many}, not released` : `perhaps ${many}: they rise with it`,
    ...(growth.where || !where ? {} : { where: { file: where.file, line: where.line, function: where.function } }),
  };
}

function evidenceOf(owned: OwnedGrowth, rate: number, share: number | undefined, isSame: boolean, top: Growth): string {
  const { name, channel, place, placeShare, timeMs } = owned;
  const perSecond = rateOf(channel);
  const from = place?.where
    ? `, ${placeShare >= MOST ? "most" : "the largest part"} of them made in ${functionInWords(place.where)}, the oldest ${seconds((timeMs - place.sinceMs) / 1000)} ago`
    : "";
  const counted = `the program's own ledger counts ${whole(channel.lastBytes)} living ${name} values, ${perSecond.toFixed(perSecond < 10 ? 1 : 0)} more each second${from}`;
  if (share !== undefined)
    return `${counted}: their bytes make up ${Math.round(100 * Math.min(1, share))}% of the growth`;
  const each = `${formatBytes(rate / perSecond)} of the growth for each of them`;
  if (isSame) return `${counted}: the profile names the same code, ${each}`;
  return top.where
    ? `${counted}: a second cause, or what holds these objects`
    : `${counted}: ${each}, if they hold it; their bytes are not known, so that is likely, not shown`;
}

function releaseThem({ name, place }: OwnedGrowth): string {
  const made = place?.where ? `what ${functionInWords(place.where)} makes` : `the ${name} values`;
  return `Release ${made}: inside a \`scope()\` of plimsoll/scope that ends, or by disposing of each when it is done with.`;
}

function shareOf({ bytesPerSecond }: OwnedGrowth, rate: number): number | undefined {
  return bytesPerSecond === undefined || rate <= 0 ? undefined : bytesPerSecond / rate;
}

/** A stack names a method with its class, a profile without. */
function isSamePlace(made: CodeLocation | undefined, { where, callers = [] }: Growth): boolean {
  if (!made || !where) return false;
  const bare = (name: string): string => name.slice(name.lastIndexOf(".") + 1);
  return [where, ...callers.slice(0, 2)].some(
    (one) => one.file === made.file && bare(one.function) === bare(made.function),
  );
}

function isAt(a: CodeLocation | undefined, b: CodeLocation | undefined): boolean {
  return a?.file === b?.file && a?.line === b?.line && a?.column === b?.column;
}

function rateOf(channel: Channel | undefined): number {
  return channel?.slope?.bytesPerSecond ?? 0;
}

function whole(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}
