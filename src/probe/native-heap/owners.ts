/**
 * Who holds the chunks of a size class, by the pointers in its samples: C++ objects name their class, other chunks at best
 * a library. A share of samples stands for the same share of the class, so small shares are left out as chance.
 * Plain data holds no such pointers: of it the size is all that is known.
 */
import { basename } from "node:path";
import type { ChunkTally } from "./chunk-tally.ts";
import type { Mapping } from "./mappings.ts";
import { type ClassSamples, POINTERS_PER_SAMPLE } from "./owner-sampler.ts";
import type { NamedAddress } from "./symbol-names.ts";

/** What a pointer in chunks tells of who holds them. */
export interface NativeOwner {
  /** Base name of the program or library. */
  readonly module: string;
  /** Its path from the package on (`sharp/lib/x.node`), else the whole path; without version numbers. */
  readonly path: string;
  /** `class`: the chunk is an object of it. `function`, `data`: the chunk points to it. `address`: the same, but it has no name. */
  readonly kind: "class" | "function" | "data" | "address";
  /** Of the class or symbol; for an address its place in the file, such as `+0x1f40`. */
  readonly name: string;
  /** Samples that point there. */
  readonly samples: number;
  /** Samples in which was looked. */
  readonly ofSamples: number;
  /** Estimated number of chunks. */
  readonly count: number;
  /** Estimated bytes. */
  readonly bytes: number;
}

/** Names addresses, all at once because symbol tables are read from end to end. */
export type NameAddresses = (addresses: readonly number[]) => ReadonlyMap<number, NamedAddress>;

const MIN_SAMPLES = 3;
const MIN_SHARE = 0.02;

/** The addresses in the address space that a file with a path is mapped to. */
export function fileMappings(mappings: readonly Mapping[]): Mapping[] {
  return mappings.filter(
    ({ inode, name, permissions }) =>
      inode !== 0 && name.startsWith("/") && !/^\/(dev\/|memfd:|SYSV)/.test(name) && !permissions.startsWith("---"),
  );
}

/**
 * Names the owners of each size class.
 *
 * @returns by size class, largest share first; classes without any are left out.
 */
export function findOwners(
  samples: readonly ClassSamples[],
  tally: ChunkTally,
  nameAddresses: NameAddresses,
): Map<number, NativeOwner[]> {
  const shares = samples.map((sampled) => ({ sampled, pointers: sharesOf(sampled) }));
  const names = nameAddresses(shares.flatMap(({ pointers }) => [...pointers.keys()]));
  const owners = new Map<number, NativeOwner[]>();
  for (const { sampled, pointers } of shares) {
    const merged = new Map<string, NativeOwner>();
    for (const [pointer, count] of pointers) {
      const named = names.get(pointer);
      if (named === undefined) continue;
      const key = `${named.path}\0${named.name}`;
      const all = (merged.get(key)?.samples ?? 0) + count;
      merged.set(key, {
        module: basename(named.path),
        path: shortenPath(named.path),
        kind: named.kind,
        name: named.name,
        samples: all,
        ofSamples: sampled.count,
        count: Math.round(((tally.usedCounts[sampled.sizeClass] ?? 0) * all) / sampled.count),
        bytes: Math.round(((tally.usedClassBytes[sampled.sizeClass] ?? 0) * all) / sampled.count),
      });
    }
    if (merged.size > 0)
      owners.set(
        sampled.sizeClass,
        [...merged.values()].sort((a, b) => b.samples - a.samples),
      );
  }
  return owners;
}

/** Counts each sample for one pointer: its first word if others share it, else the most frequent. */
function sharesOf({ count, pointers }: ClassSamples): Map<number, number> {
  const frequencies = new Map<number, number>();
  for (let sample = 0; sample < count; sample += 1) {
    for (const pointer of pointersOf(pointers, sample)) frequencies.set(pointer, (frequencies.get(pointer) ?? 0) + 1);
  }
  const least = Math.max(MIN_SAMPLES, MIN_SHARE * count);
  const isCommon = (pointer: number) => (frequencies.get(pointer) ?? 0) >= least;
  const shares = new Map<number, number>();
  for (let sample = 0; sample < count; sample += 1) {
    const first = pointers[sample * POINTERS_PER_SAMPLE] ?? 0;
    const candidates = isCommon(first) ? [first] : [...pointersOf(pointers, sample)].filter(isCommon);
    const best = candidates.sort((a, b) => (frequencies.get(b) ?? 0) - (frequencies.get(a) ?? 0))[0];
    if (best !== undefined) shares.set(best, (shares.get(best) ?? 0) + 1);
  }
  return new Map([...shares].filter(([, share]) => share >= least));
}

function pointersOf(pointers: Float64Array, sample: number): Set<number> {
  const from = sample * POINTERS_PER_SAMPLE;
  const found = new Set(pointers.subarray(from, from + POINTERS_PER_SAMPLE));
  found.delete(0);
  return found;
}

/** Adds up owners of several size classes, largest first. Estimates of classes that were sampled by themselves add up. */
export function mergeOwners(owners: Iterable<NativeOwner>): NativeOwner[] {
  const merged = new Map<string, NativeOwner>();
  for (const owner of owners) {
    const key = ownerKey(owner);
    const before = merged.get(key);
    merged.set(key, {
      ...owner,
      samples: owner.samples + (before?.samples ?? 0),
      ofSamples: owner.ofSamples + (before?.ofSamples ?? 0),
      count: owner.count + (before?.count ?? 0),
      bytes: owner.bytes + (before?.bytes ?? 0),
    });
  }
  return [...merged.values()].sort((a, b) => b.bytes - a.bytes);
}

/** Tells owners apart, also between walks of two processes that run the same program. */
export function ownerKey({ path, kind, name }: NativeOwner): string {
  return `${path}\0${kind}\0${name}`;
}

function shortenPath(path: string): string {
  const [, inPackage] = /^.*\/node_modules\/(.+)$/.exec(path) ?? [];
  return (inPackage ?? path).replaceAll(/@?\d+(\.\d+)+[^/]*(?=\/)/g, "").replace(/\.so(\.\d+)+$/, ".so");
}
