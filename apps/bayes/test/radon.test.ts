/** A hierarchical model of 919 rows in 85 counties: fitted until all chains agree, and compared with what made its data. */
import { describe, expect, it } from "vitest";
import { fit } from "../src/index.ts";
import { radon } from "./models/radon.ts";
import { dataOf, describeModels } from "./support/model-case.ts";

describeModels([radon]);

describe("radon in houses", () => {
  it("has an R-hat below 1.01 and 400 effective draws for each of its quantities", () => {
    const { quantities, divergences } = fit(radon.model.bind(dataOf(radon)), { ...radon.fit, seed: 11 });
    expect(quantities).toHaveLength(5 + 2 * 85);
    expect(divergences).toBe(0);
    for (const { name, summary } of quantities) {
      expect({ name, rHat: summary.rHat }).toSatisfy(() => summary.rHat < 1.01);
      expect({ name, ...summary }).toSatisfy(() => Math.min(summary.bulkEss, summary.tailEss) > 400);
    }
  });
});
