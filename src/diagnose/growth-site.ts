/**
 * Which code allocated what grew: the difference of two sampling heap profiles taken right after
 * collections, or one profile whose sampling began late, which holds only what was born since and
 * still lives. It names the allocating function, never what holds the objects: a profile does not know.
 */
import type { AllocationSite, CodeLocation } from "../base/wire.ts";
import type { AllocationProfile } from "../monitor/remote/recording.ts";

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
  const sites = difference(base?.sites ?? [], newest.sites);
  return {
    sites,
    seconds: (newest.timeMs - (base?.timeMs ?? newest.sinceMs)) / 1000,
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

/** Call paths that end in the same function are one site; its callers are those of the largest path. */
function byFunction(sites: readonly AllocationSite[]): Map<string, GrowingSite> {
  const found = new Map<string, GrowingSite>();
  for (const site of [...sites].sort((a, b) => b.bytes - a.bytes)) {
    const { where } = site;
    const key = `${where.file}:${where.line}:${where.column}:${where.function}`;
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
