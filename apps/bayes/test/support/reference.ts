/**
 * Fits a model to the data of a reference posterior and compares every parameter with the reference draws.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Fit, fit, type Model } from "../../src/index.ts";

/** Figures of one parameter's reference draws. */
interface Figures {
  readonly mean: number;
  readonly sd: number;
  readonly mcse: number;
}

interface Reference {
  readonly data: unknown;
  readonly reference: Readonly<Record<string, Figures>>;
}

/** Reads a reference posterior; a missing file is an error. */
export function readReference(name: string): Reference {
  const text = readFileSync(join(import.meta.dirname, "..", "posteriordb", `${name}.json`), "utf8");
  return JSON.parse(text) as Reference;
}

/** Tests of one posterior: every parameter of the reference is compared, none is left out. */
export function describePosterior(name: string, model: Model): void {
  const { data, reference } = readReference(name);
  const names = Object.keys(reference);
  let result: Fit | undefined;
  const fitted = (): Fit => (result ??= fit(model.bind(data), { seed: 20_260_101 }));

  describe.each([name])("%s", () => {
    it("has a reference", () => expect(names.length).toBeGreaterThan(2));

    it.each(names)("%s is as in the reference draws", (parameter) => {
      const summary = fitted().quantities.find((each) => each.name === parameter)?.summary;
      const truth = reference[parameter];
      if (!summary || !truth) throw new Error(`${parameter} was not fitted`);
      expect(Math.abs(summary.mean - truth.mean) / Math.hypot(summary.mcse, truth.mcse)).toBeLessThan(4);
      expect(Math.abs(summary.sd / truth.sd - 1)).toBeLessThan(0.1);
      expect(summary.rHat).toBeLessThan(1.01);
      expect(Math.min(summary.bulkEss, summary.tailEss)).toBeGreaterThanOrEqual(400);
    });
  });
}
