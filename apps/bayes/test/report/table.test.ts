/** The summary for a terminal and its verdict. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judge, summaryTable } from "../../src/index.ts";
import { makeFit } from "./made-fit.ts";

const lines = (text: string): string[] => text.split("\n");

describe("summary table", () => {
  it("has a row for each quantity, and a verdict", () => {
    const text = lines(summaryTable(makeFit()));
    expect(text[1]).toMatch(/^ +mean +sd +MCSE +5 % +50 % +95 % +ESS +ESS R-hat$/);
    expect(text.slice(2, 7).map((line) => line.split(" ")[0])).toEqual([
      "mu",
      "sigma",
      "theta[1]",
      "theta[2]",
      "theta[3]",
    ]);
    expect(text.at(-1)).toMatch(
      /^Converged: R-hat at most 1\.00\d, at least [\d,]+ effective draws, no divergences\.$/,
    );
  });

  it("shows the first elements of a long vector and counts the rest with the worst of them", () => {
    const text = lines(summaryTable(makeFit({ size: 384, draws: [60, 60, 60, 60] }), { rows: 7 }));
    expect(text[7]).toBe(text.find((line) => line.startsWith("theta[4]")));
    expect(text[8]).toMatch(/^… 380 more of theta, worst R-hat 1\.\d{3} \(theta\[\d+\]\)$/);
  });

  it("leaves columns out where lines are short, and never the mean and R-hat", () => {
    const heads = lines(summaryTable(makeFit(), { columns: 40 }))[1];
    expect(heads).toMatch(/mean.*R-hat$/);
    expect(heads).not.toContain("50 %");
  });

  it("fits its width, whatever was fitted", () => {
    const makings = fc.record({
      draws: fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 5 }),
      size: fc.integer({ min: 1, max: 30 }),
      shift: fc.double({ min: -1e9, max: 1e9, noNaN: true }),
      divergentEvery: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(makings, fc.integer({ min: 60, max: 120 }), (making, columns) => {
        const text = summaryTable(makeFit(making), { columns });
        expect(Math.max(...lines(text).map(({ length }) => length))).toBeLessThanOrEqual(columns);
        expect(text).not.toMatch(/NaN|undefined/);
      }),
      { numRuns: 60 },
    );
  });
});

describe("verdict", () => {
  it("finds chains that disagree, and names the worst quantity", () => {
    const { kind, claim, reasons } = judge(makeFit({ shift: 2 }));
    expect(kind).toBe("bad");
    expect(claim).toMatch(/^Not converged: R-hat of mu is [2-9]\.\d+, and must be below 1\.01\.$/);
    expect(reasons.join()).toMatch(/mu has fewer than 400 effective draws/);
  });

  it("distrusts divergences and says what to do first", () => {
    const { kind, claim, advice } = judge(makeFit({ divergentEvery: 50 }));
    expect([kind, claim]).toEqual(["bad", "Not to be trusted yet: 40 trajectories of 2,000 diverged."]);
    expect(advice[0]).toMatch(/target acceptance to 0\.95.*non-centred/);
  });

  it("tells a single divergence without alarm", () => {
    const fit = makeFit();
    const { kind, claim, reasons } = judge({ ...fit, divergences: 1 });
    expect([kind, reasons.length]).toEqual(["good", 1]);
    expect(claim).toMatch(/1 divergence\.$/);
  });

  it("tells trajectories that ended at the greatest depth, and energy that moves slowly", () => {
    const { kind, reasons } = judge({ ...makeFit({ energyCorrelation: 0.97 }), atMaxDepth: 20 });
    expect(kind).toBe("good");
    expect(reasons).toEqual([
      "E-BFMI is below 0.3 in 4 chains: tails are explored slowly",
      "20 trajectories ended at the greatest depth, 10 (1.0 %): slow, not wrong",
    ]);
  });

  it("names values that are not finite", () => {
    const fit = makeFit();
    const [mu, ...rest] = fit.quantities;
    if (!mu) throw new Error("no quantity was made");
    const broken = { ...mu, summary: { ...mu.summary, mean: Number.NaN } };
    expect(judge({ ...fit, quantities: [broken, ...rest] }).claim).toBe(
      "Not to be used: mu has draws that are not finite.",
    );
  });

  it("names a parameter that ran off, with its shape", () => {
    const runaways = [{ name: "theta", shape: [3], constraint: "real", extent: 4.2e12 }];
    const { claim, reasons, advice } = judge({ ...makeFit(), runaways });
    expect(claim).toBe("Not to be used: theta ran off, the posterior is most likely improper.");
    expect(reasons[0]).toMatch(/^theta \(real, 3\) ran off, to 4\.2e\+12 before its constraint/);
    expect(advice[0]).toMatch(/^Give theta a proper prior/);
  });

  it("judges a fit that was stopped by the chains that can be compared", () => {
    const { kind, reasons } = judge(makeFit({ draws: [480, 450, 0, 400] }));
    expect(kind).toBe("good");
    expect(reasons[0]).toBe("it was stopped: 480, 450, 0, 400 of 500 draws a chain were made");
  });

  it.each([
    { draws: [0, 0, 0, 0], claim: "Nothing to judge: no draw was kept." },
    { draws: [], claim: "Nothing to judge: no draw was kept." },
    { draws: [2, 1, 0, 0], claim: "Too little to judge: 3 draws." },
    { draws: [2000, 0, 0, 0], claim: "Open: one chain alone." },
  ])("does not judge $draws draws", ({ draws, claim }) => {
    expect(judge(makeFit({ draws }))).toMatchObject({ kind: "open", claim });
  });
});
