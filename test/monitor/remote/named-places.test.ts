/** Whether what grows has been named, and whether precise profiles agree. */
import { describe, expect, it } from "vitest";
import type { AllocationSite, CodeLocation } from "../../../src/base/wire.ts";
import { NamedPlaces, type PlacesProfile } from "../../../src/monitor/remote/named-places.ts";

const MB = 2 ** 20;
const at = (name: string): CodeLocation => ({ function: name, file: "/app.js", line: name.charCodeAt(0), column: 1 });

function profile(
  timeMs: number,
  precise: boolean,
  sinceMs: number,
  bytes: Readonly<Record<string, number>>,
): PlacesProfile {
  const sites = Object.entries(bytes).map(([path, mb]): AllocationSite => {
    const [where = "", ...callers] = path.split("<");
    return { where: at(where), callers: callers.map(at), bytes: mb * MB, count: 1, viaNodeBytes: 0 };
  });
  return { precise, sinceMs, timeMs, sites, totalBytes: sites.reduce((sum, site) => sum + site.bytes, 0) };
}

describe("NamedPlaces", () => {
  it("is settled when the same place leads two steps at a like pace", () => {
    const places = new NamedPlaces();
    const settled = [
      profile(3000, true, 1, { "a<b": 3 }),
      profile(6000, true, 1, { "a<b": 6, c: 1 }),
      profile(9000, true, 1, { "a<b": 9, c: 1 }),
    ].map((one) => {
      places.add(one);
      return places.isSettled;
    });
    expect(settled).toEqual([false, false, true]);
  });

  it("is not settled by batches that come and go, nor by leaders that change", () => {
    const batches = new NamedPlaces();
    for (const [index, mb] of [2, 3, 18, 4].entries())
      batches.add(profile(3000 * (index + 1), true, 1, { a: mb, b: index }));
    expect(batches.isSettled).toBe(false);
    const changing = new NamedPlaces();
    changing.add(profile(3000, true, 1, { a: 1, b: 1 }));
    changing.add(profile(6000, true, 1, { a: 5, b: 1 }));
    changing.add(profile(9000, true, 1, { a: 5, b: 5 }));
    expect(changing.isSettled).toBe(false);
  });

  it("knows a named function under its callers, to which inlining bills it", () => {
    const places = new NamedPlaces();
    places.add(profile(3000, true, 1, { "a<b": 5 }));
    places.add(profile(6000, false, 4000, { b: 1 }));
    expect(places.growsUnnamed).toBe(false);
    places.add(profile(9000, false, 4000, { b: 9, z: 1 }));
    expect(places.growsUnnamed).toBe(false);
    places.add(profile(12_000, false, 4000, { b: 9, z: 20 }));
    expect(places.growsUnnamed).toBe(true);
  });
});
