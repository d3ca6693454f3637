/** State on its way from one instance to the next: whole, or refused. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { packState, unpackState } from "../../src/supervise/handoff.ts";

const NAMED = { name: "sessions", version: 2 };

describe("handed state", () => {
  it("comes back as it was", () => {
    fc.assert(
      fc.property(fc.anything({ withMap: true, withSet: true, withDate: true, withBigInt: true }), (state) => {
        expect(unpackState(packState({ ...NAMED, state }, 1e9), NAMED)).toEqual(structuredClone(state));
      }),
    );
  });

  it("is refused when any byte has changed, or the end is missing", () => {
    const bytes = packState({ ...NAMED, state: new Map([["a", [1, 2, 3]]]) }, 1e9);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ change;
        expect(() => unpackState(damaged, NAMED)).toThrow("checksum");
        expect(() => unpackState(bytes.subarray(0, at), NAMED)).toThrow("checksum");
      }),
    );
  });

  it("is refused as another version's or another state", () => {
    const bytes = packState({ ...NAMED, state: 1 }, 1e9);
    expect(() => unpackState(bytes, { ...NAMED, version: 3 })).toThrow("it has version 2, wanted is 3");
    expect(() => unpackState(bytes, { ...NAMED, name: "users" })).toThrow("it is another state");
  });

  it("is not begun when it is too large or cannot be copied", () => {
    expect(() => packState({ ...NAMED, state: "x".repeat(2000) }, 1024)).toThrow("of which 1 KB may be handed over");
    expect(() => packState({ ...NAMED, state: () => 1 }, 1000)).toThrow("cannot be handed over");
  });
});
