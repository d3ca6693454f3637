/**
 * The resident set rises significantly: Mann-Kendall test on its raw readings, one-sided 1 %. Mann 1945,
 * Kendall 1975; used on memory by Garg et al., "A methodology for detection and estimation of software
 * aging", ISSRE 1998. Readings depend on each other, so that it finds a trend almost everywhere.
 */
import { mannKendall as test } from "../../src/monitor/trend.ts";
import type { ComparedRule } from "./rule.ts";
import { residentSeries } from "./series.ts";

const Z = 2.326;

/** Mann-Kendall on the raw resident set. */
export const mannKendall: ComparedRule = {
  name: "Mann-Kendall on raw RSS",
  source: "Mann 1945, Kendall 1975; Garg et al. 1998",
  judge: (recording) => ({ leak: test(residentSeries(recording)).z > Z }),
};
