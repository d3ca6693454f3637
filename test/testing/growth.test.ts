/** The judgement over rounds: proportional growth is found through one deviation, constant growth and noise are not. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findRate, findSteadyRate, leastOf, mayGrow, type Round } from "../../src/testing/growth.ts";

const FLOOR = { perCall: 32, perRound: 1024 };
const LENGTHS = [100, 200, 100, 200, 100, 200];

function roundsWith(grow: (calls: number, index: number) => number): Round[] {
  return LENGTHS.map((calls, index) => ({ calls, grew: grow(calls, index) }));
}

describe("growth over rounds", () => {
  it("finds any rate above the floor, whatever one round shows", () => {
    const any = fc.record({
      perCall: fc.integer({ min: 64, max: 1e6 }),
      odd: fc.nat(5),
      oddGrowth: fc.integer({ min: -1e7, max: 1e7 }),
      noise: fc.array(fc.integer({ min: -500, max: 500 }), { minLength: 6, maxLength: 6 }),
    });
    fc.assert(
      fc.property(any, ({ perCall, odd, oddGrowth, noise }) => {
        const rounds = roundsWith((calls, index) => perCall * calls + (noise[index] ?? 0));
        const jumped = rounds.map((round, index) =>
          index === odd ? { ...round, grew: Math.abs(oddGrowth) + round.grew } : round,
        );
        const dipped = rounds.map((round, index) => (index === odd ? { ...round, grew: -Math.abs(oddGrowth) } : round));
        for (const seen of [rounds, jumped, dipped]) {
          const rate = findRate(seen, FLOOR);
          expect(rate?.perCall).toBeGreaterThan(perCall * 0.85);
          expect(rate?.perCall).toBeLessThan(perCall * 1.15);
        }
      }),
    );
  });

  it("accuses nothing that grows alike in short and in long rounds", () => {
    const any = fc.record({
      grew: fc.integer({ min: -1e6, max: 1e9 }),
      noise: fc.array(fc.double({ min: 0.9, max: 1.1, noNaN: true }), { minLength: 6, maxLength: 6 }),
    });
    fc.assert(
      fc.property(any, ({ grew, noise }) => {
        expect(
          findRate(
            roundsWith((_, index) => grew * (noise[index] ?? 1)),
            FLOOR,
          ),
        ).toBeUndefined();
      }),
    );
  });

  it("accuses nothing with two rounds below the floor", () => {
    const grew = [12_800, 100, 12_800, 100, 12_800, 12_800];
    const rounds = roundsWith((_, index) => grew[index] ?? 0);
    expect(mayGrow(rounds, FLOOR)).toBe(false);
    expect(findRate(rounds, FLOOR)).toBeUndefined();
  });

  it("asks for the larger of the two floors", () => {
    expect([leastOf(10, FLOOR), leastOf(100, FLOOR)]).toEqual([1024, 3200]);
  });
});

describe("growth after a long run", () => {
  const anyRate = fc.integer({ min: 64, max: 1e6 });

  it("is a leak where the long run grew alike, whatever one round shows", () => {
    fc.assert(
      fc.property(anyRate, fc.nat(4), fc.integer({ min: 0, max: 1e7 }), (perCall, odd, jump) => {
        const last = Array.from({ length: 5 }, (_, index) => ({
          calls: 100,
          grew: perCall * 100 + (index === odd ? jump : 0),
        }));
        const long = [{ calls: 20_000, grew: perCall * 20_000 }];
        expect(findSteadyRate(long, last, FLOOR)).toMatchObject({ perCall, uncertainty: 0 });
      }),
    );
  });

  it("is none where something is emptied every so many calls, whenever the rounds come", () => {
    const any = fc.record({ perCall: anyRate, period: fc.integer({ min: 600, max: 9000 }), warmup: fc.nat(20_000) });
    fc.assert(
      fc.property(any, ({ perCall, period, warmup }) => {
        const levelAfter = (calls: number): number => perCall * ((warmup + calls) % period);
        const roundOf = (from: number, calls: number): Round => ({
          calls,
          grew: levelAfter(from + calls) - levelAfter(from),
        });
        const last = [0, 1, 2, 3, 4].map((index) => roundOf(20_000 + index * 100, 100));
        expect(findSteadyRate([roundOf(0, 20_000)], last, FLOOR)).toBeUndefined();
      }),
    );
  });

  it("is none where it ended in the long run", () => {
    const last = Array.from({ length: 5 }, () => ({ calls: 100, grew: 10 }));
    expect(findSteadyRate([{ calls: 20_000, grew: 1e7 }], last, FLOOR)).toBeUndefined();
  });
});
