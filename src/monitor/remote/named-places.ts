/**
 * Which growing places of the code precise profiles have named, and whether what grows afterwards is still
 * theirs. With inlining a function's allocations are billed to a caller, so a rough place is also known when
 * one of the named functions' callers is billed for it.
 */
import type { AllocationSite, CodeLocation, ProfileMessage } from "../../base/wire.ts";

/** The part of a profile that is looked at. */
export type PlacesProfile = Pick<ProfileMessage, "precise" | "sinceMs" | "sites" | "totalBytes">;

const NAMED_SHARE = 0.05;
const UNNAMED_SHARE = 0.5;
const WORTH_NAMING_BYTES = 2 << 20;
const MAX_NAMED = 2000;

/** Remembers the places of one thread. */
export class NamedPlaces {
  readonly #named = new Set<string>();
  #base: PlacesProfile | undefined;
  #newest: PlacesProfile | undefined;

  /** Takes the next profile, in the order of time. */
  add(profile: PlacesProfile): void {
    if (profile.precise) {
      this.#base = this.#newest = undefined;
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

  #name({ where, callers }: AllocationSite): void {
    for (const one of [where, ...callers]) if (this.#named.size < MAX_NAMED) this.#named.add(keyOf(one));
  }
}

function bytesBy(sites: readonly AllocationSite[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { where, bytes } of sites) sums.set(keyOf(where), (sums.get(keyOf(where)) ?? 0) + bytes);
  return sums;
}

function keyOf({ file, line, column }: CodeLocation): string {
  return `${file}:${line}:${column}`;
}
