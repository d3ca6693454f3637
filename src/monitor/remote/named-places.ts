/**
 * Which growing places of the code precise profiles have named, and whether what grows afterwards is still
 * theirs. With inlining a function's allocations are billed to a caller, so a rough place is also known when
 * one of the named functions' callers is billed for it. Says also when precise profiles agree on what grows.
 */
import type { AllocationSite, CodeLocation, ProfileMessage } from "../../base/wire.ts";

/** The part of a profile that is looked at. */
export type PlacesProfile = Pick<ProfileMessage, "precise" | "sinceMs" | "timeMs" | "sites" | "totalBytes">;

const NAMED_SHARE = 0.05;
const LEADING_SHARE = 0.5;
/** By how much the growth of two steps may differ. */
const STEADY_PACE = 2;
const UNNAMED_SHARE = 0.5;
const WORTH_NAMING_BYTES = 2 << 20;
const MAX_NAMED = 2000;

/** The place that grew most from one profile to the next. */
interface Step {
  readonly key: string;
  readonly bytesPerMs: number;
}

/** Remembers the places of one thread. */
export class NamedPlaces {
  readonly #named = new Set<string>();
  #base: PlacesProfile | undefined;
  #newest: PlacesProfile | undefined;
  #lastPrecise: PlacesProfile | undefined;
  #step: Step | undefined;

  /** True when in each of the last two steps from precise profile to profile the same place had most of the growth. */
  isSettled = false;

  /** Takes the next profile, in the order of time. */
  add(profile: PlacesProfile): void {
    if (profile.precise) {
      this.#base = this.#newest = undefined;
      this.#judge(profile);
      for (const site of profile.sites) if (site.bytes >= NAMED_SHARE * profile.totalBytes) this.#name(site);
    } else if (this.#base?.sinceMs === profile.sinceMs) this.#newest = profile;
    else this.#base = profile;
  }

  /** True when at least 2 MB and most of what grew since the last precise profile grew in other places. */
  get growsUnnamed(): boolean {
    if (this.#base === undefined || this.#newest === undefined) return false;
    const before = bytesBy(this.#base.sites);
    let grown = 0;
    let unnamed = 0;
    for (const [key, bytes] of bytesBy(this.#newest.sites)) {
      const more = Math.max(0, bytes - (before.get(key) ?? 0));
      grown += more;
      if (!this.#named.has(key)) unnamed += more;
    }
    return unnamed >= WORTH_NAMING_BYTES && unnamed >= UNNAMED_SHARE * grown;
  }

  /** Batches that come and go lead a step by chance, but hardly two at the same pace. */
  #judge(profile: PlacesProfile): void {
    const last = this.#lastPrecise?.sinceMs === profile.sinceMs ? this.#lastPrecise : undefined;
    this.#lastPrecise = profile;
    const step = last && leaderOf(last, profile);
    const before = last && this.#step;
    this.#step = step;
    const pace = step && before?.key === step.key ? step.bytesPerMs / before.bytesPerMs : 0;
    this.isSettled = pace >= 1 / STEADY_PACE && pace <= STEADY_PACE;
  }

  #name({ where, callers }: AllocationSite): void {
    for (const one of [where, ...callers]) if (this.#named.size < MAX_NAMED) this.#named.add(keyOf(one));
  }
}

function leaderOf(from: PlacesProfile, to: PlacesProfile): Step | undefined {
  const before = bytesBy(from.sites);
  let grown = 0;
  let most = 0;
  let leader = "";
  for (const [key, bytes] of bytesBy(to.sites)) {
    const more = Math.max(0, bytes - (before.get(key) ?? 0));
    grown += more;
    if (more > most) [most, leader] = [more, key];
  }
  const ms = to.timeMs - from.timeMs;
  return most > 0 && ms > 0 && most >= LEADING_SHARE * grown ? { key: leader, bytesPerMs: most / ms } : undefined;
}

function bytesBy(sites: readonly AllocationSite[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { where, bytes } of sites) sums.set(keyOf(where), (sums.get(keyOf(where)) ?? 0) + bytes);
  return sums;
}

function keyOf({ file, line, column }: CodeLocation): string {
  return `${file}:${line}:${column}`;
}
