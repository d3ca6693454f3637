/**
 * A model with data that are made from known parameters: its gradient is compared with differences, and what a short
 * fit finds with what the data were made from.
 */
import { describe, expect, it } from "vitest";
import { compileDensity, fit, type FitOptions, type Model } from "../../src/index.ts";
import { type Random, seededRandom } from "../../src/sampler/random.ts";
import { expectGradientAt } from "./check-gradient.ts";

/** A model and how its data are made. */
export interface ModelCase {
  readonly name: string;
  readonly model: Model;
  /**
   * Makes data.
   *
   * @param size - rows, times or places.
   */
  simulate(random: Random, size: number): unknown;
  readonly size: number;
  /** Rows on jax-js. Default: 8. */
  readonly jaxSize?: number;
  /** What it made them from, by the name of the quantity. */
  readonly truth: Readonly<Record<string, number>>;
  /** Default: 2 chains of 300 + 500 draws. */
  readonly fit?: FitOptions;
}

/** The data of a case, always the same. */
export function dataOf({ simulate, size }: ModelCase, of: number = size): unknown {
  return simulate(seededRandom(20_260_102, 0), of);
}

/** Standard deviations of the posterior between its mean and the truth, at most. */
const FAR = 4;

/** Tests of several cases. */
export function describeModels(cases: readonly ModelCase[]): void {
  describe.each(cases)("$name", (each) => {
    it("has the gradient that differences give", () => {
      const { logDensity, dimension } = each.model.bind(dataOf(each));
      const density = compileDensity(logDensity, dimension);
      for (const start of [0.1, -0.2])
        expectGradientAt(
          density,
          Float64Array.from({ length: dimension }, (_, i) => start + 0.3 * Math.sin(i)),
        );
    });

    it("finds what its data were made from", () => {
      const { quantities, divergences } = fit(each.model.bind(dataOf(each)), {
        chains: 2,
        warmUp: 300,
        draws: 500,
        seed: 7,
        ...each.fit,
      });
      expect(divergences).toBeLessThan(10);
      for (const [name, truth] of Object.entries(each.truth)) {
        const summary = quantities.find((quantity) => quantity.name === name)?.summary;
        if (!summary) throw new Error(`${name} was not fitted`);
        expect({ name, truth, ...summary }).toSatisfy(() => Math.abs(summary.mean - truth) < FAR * summary.sd);
        expect({ name, ...summary }).toSatisfy(() => summary.rHat < 1.02);
      }
    });
  });
}

/** A Poisson number (Knuth's method: for small rates). */
export function poissonNumber(random: Random, rate: number): number {
  const limit = Math.exp(-rate);
  let count = -1;
  for (let product = 1; product > limit; count += 1) product *= random.uniform();
  return count;
}

/** Calls `make` for 0, 1, … */
export function repeat<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
