/**
 * Which code allocated what grew: the difference of two sampling heap profiles taken right after
 * collections, or one profile whose sampling began late, which holds only what was born since and
 * still lives. Of three or more profiles each place counts by its Theil-Sen slope less the scatter: a batch that
 * happens to be alive in the last one is no growth. It names the allocating function, never what holds the objects.
 */
import type { AllocationSite, CodeLocation } from "../base/wire.ts";
import type { AllocationProfile } from "../monitor/remote/recording.ts";
import { median, theilSen, type TrendPoint } from "../monitor/trend.ts";

/** What one function allocated and what is still alive of it. */
export interface GrowingSite {
  readonly where: CodeLocation;
  /** Of its largest call path, nearest first. */
  readonly callers: readonly CodeLocation[];
  readonly bytes: number;
  readonly count: number;
  /** Part of `bytes` that Node's own functions allocated for it: Buffers, streams. */
  readonly viaNodeBytes: number;
}

/** Growth by allocating function over one stretch of time. */
export interface SiteGrowth {
  /** Most bytes first; only those that grew. */
  readonly sites: readonly GrowingSite[];
  readonly seconds: number;
  /** Sum over `sites`, in bytes on the JavaScript heap. */
  readonly bytes: number;
  /** True when inlining was off, so that every function was billed for itself. */
  readonly precise: boolean;
  readonly samplingIntervalBytes: number;
}

/** Fewer profiles are compared two by two. */
const MIN_SERIES = 3;
/** From the median of distances to a standard deviation. */
const MAD_TO_SIGMA = 1.4826;

/**
 * Compares the profiles of one thread.
 *
 * @param profiles - in the order of time.
 * @returns `undefined` when no two of them can be compared and none is precise.
 */
export function growthBySite(profiles: readonly AllocationProfile[]): SiteGrowth | undefined {
  const precise = profiles.filter((profile) => profile.precise);
  const chosen = precise.length > 0 ? precise : profiles;
  const newest = chosen.reduce<AllocationProfile | undefined>((best, profile) => later(best, profile), undefined);
  if (!newest) return undefined;
  const first = chosen.find((profile) => profile.sinceMs === newest.sinceMs && profile.timeMs < newest.timeMs);
  if (!newest.precise && !first) return undefined;
  // A difference leaves out what is always in flight; too short a one is mostly chance.
  const base =
    newest.precise && first && newest.totalBytes - first.totalBytes < newest.totalBytes / 3 ? undefined : first;
  const series = chosen.filter((profile) => profile.sinceMs === newest.sinceMs && profile.timeMs <= newest.timeMs);
  const seen = series.length < MIN_SERIES ? difference(base?.sites ?? [], newest.sites) : steadyGrowth(series);
  const fromMs = (series.length < MIN_SERIES ? base : series[0])?.timeMs ?? newest.sinceMs;
  const seconds = (newest.timeMs - fromMs) / 1000;
  const sites = newest.precise ? stillGrowing(seen, seconds, profiles) : seen;
  return {
    sites,
    seconds,
    bytes: sites.reduce((sum, site) => sum + site.bytes, 0),
    precise: newest.precise,
    samplingIntervalBytes: newest.samplingIntervalBytes,
  };
}

/** The newer one, unless it holds less than half: an ending program lets go. */
function later(best: AllocationProfile | undefined, profile: AllocationProfile): AllocationProfile {
  if (!best || profile.sinceMs !== best.sinceMs) return profile;
  return profile.totalBytes < best.totalBytes / 2 ? best : profile;
}

function difference(before: readonly AllocationSite[], after: readonly AllocationSite[]): GrowingSite[] {
  const old = byFunction(before);
  return [...byFunction(after)]
    .map(([key, site]) => {
      const base = old.get(key);
      return {
        where: site.where,
        callers: site.callers,
        bytes: site.bytes - (base?.bytes ?? 0),
        count: site.count - (base?.count ?? 0),
        viaNodeBytes: Math.max(0, site.viaNodeBytes - (base?.viaNodeBytes ?? 0)),
      };
    })
    .filter((site) => site.bytes > 0)
    .sort((a, b) => b.bytes - a.bytes);
}

/** Each place by its slope over all profiles; those of the newest profile that do not rise are left out. */
function steadyGrowth(series: readonly AllocationProfile[]): GrowingSite[] {
  const readings = series.map(({ timeMs, sites }) => ({ timeMs, sites: byFunction(sites) }));
  const [first, newest] = [readings[0], readings.at(-1)];
  if (!first || !newest) return [];
  const seconds = (newest.timeMs - first.timeMs) / 1000;
  return difference([], [...newest.sites.values()])
    .map((site) => {
      const key = keyOf(site.where);
      const points = readings.map(({ timeMs, sites }) => ({ timeMs, bytes: sites.get(key)?.bytes ?? 0 }));
      const bytes = steadyBytes(points, seconds);
      const share = site.bytes > 0 ? bytes / site.bytes : 0;
      return {
        ...site,
        bytes,
        count: Math.max(1, Math.round(site.count * share)),
        viaNodeBytes: site.viaNodeBytes * share,
      };
    })
    .filter((site) => site.bytes > 0)
    .sort((a, b) => b.bytes - a.bytes);
}

/**
 * After precise sampling a rough one goes on, and longer: a place counts by no more than its rate there, and that
 * which its callers were billed for beyond what they allocate themselves: V8 may have inlined it, and an old sample
 * from before may still show it. A batch with a period can beat with a few precise readings.
 */
function stillGrowing(
  sites: readonly GrowingSite[],
  seconds: number,
  profiles: readonly AllocationProfile[],
): readonly GrowingSite[] {
  const last = profiles.at(-1);
  const rough = profiles.filter((profile) => !profile.precise && profile.sinceMs === last?.sinceMs);
  const [first, newest] = [rough[0], rough.at(-1)];
  if (rough.length < MIN_SERIES || !first || !newest) return sites;
  const shown = new Set(rough.flatMap((profile) => [...byFunction(profile.sites).keys()]));
  const roughRates = ratesOf(steadyGrowth(rough), (newest.timeMs - first.timeMs) / 1000);
  const ownRates = ratesOf(sites, seconds);
  const billed = (key: string): number => Math.max(0, (roughRates.get(key) ?? 0) - (ownRates.get(key) ?? 0));
  const capped = sites
    .map((site) => {
      const key = keyOf(site.where);
      const callers = [...new Set(site.callers.map(keyOf))].filter((caller) => caller !== key);
      const isShown = [key, ...callers].some((each) => shown.has(each));
      const rate = callers.reduce((sum, caller) => sum + billed(caller), roughRates.get(key) ?? 0);
      const share = isShown ? Math.min(1, (rate * seconds) / site.bytes) : 1;
      return { ...site, bytes: site.bytes * share, viaNodeBytes: site.viaNodeBytes * share };
    })
    .filter((site) => site.bytes > 0)
    .sort((a, b) => b.bytes - a.bytes);
  return capped.length > 0 ? capped : sites;
}

function ratesOf(sites: readonly GrowingSite[], seconds: number): Map<string, number> {
  return new Map(sites.map((site) => [keyOf(site.where), site.bytes / seconds]));
}

/** What the slope adds over all, less the scatter around it: what comes and goes scatters as far as it rises. */
function steadyBytes(points: readonly TrendPoint[], seconds: number): number {
  const slope = theilSen(points);
  const first = points[0];
  if (!slope || !first) return 0;
  const lineAt = ({ timeMs }: TrendPoint): number =>
    slope.interceptBytes + (slope.bytesPerSecond * (timeMs - first.timeMs)) / 1000;
  const scatter = median(points.map((point) => Math.abs(point.bytes - lineAt(point))));
  return Math.max(0, slope.bytesPerSecond * seconds - MAD_TO_SIGMA * scatter);
}

/** Call paths that end in the same function are one site; its callers are those of the largest path. */
function byFunction(sites: readonly AllocationSite[]): Map<string, GrowingSite> {
  const found = new Map<string, GrowingSite>();
  for (const site of [...sites].sort((a, b) => b.bytes - a.bytes)) {
    const { where } = site;
    const key = keyOf(site.where);
    const same = found.get(key);
    found.set(key, {
      where,
      callers: same?.callers ?? site.callers,
      bytes: site.bytes + (same?.bytes ?? 0),
      count: site.count + (same?.count ?? 0),
      viaNodeBytes: site.viaNodeBytes + (same?.viaNodeBytes ?? 0),
    });
  }
  return found;
}

function keyOf({ file, line, column, function: name }: CodeLocation): string {
  return `${file}:${line}:${column}:${name}`;
}
