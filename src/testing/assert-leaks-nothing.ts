/** The check for any test runner: an async function that throws. */
import { PlimsollError } from "../base/errors.ts";
import { describeLeaks } from "./leak-words.ts";
import { type LeakOptions, type LeakReport, measureLeaks } from "./measure-leaks.ts";
import type { TestedFunction } from "./tested-function.ts";

/**
 * Fails when a function leaves memory, handles, listeners of `process` or values of scopes behind with every call.
 *
 * @param fn - is called a few hundred times, one call after the other; up to some thousands where it seems to leak.
 * @returns what was measured.
 * @throws PlimsollError `ERR_PLIMSOLL_LEAK` when it leaks; `ERR_PLIMSOLL_BAD_OPTION`, `ERR_PLIMSOLL_GC_UNAVAILABLE`; and whatever the function throws.
 */
export async function assertLeaksNothing(fn: TestedFunction, options: LeakOptions = {}): Promise<LeakReport> {
  const report = await measureLeaks(fn, options);
  if (report.leaks.length === 0) return report;
  const [first] = report.leaks;
  throw new PlimsollError("ERR_PLIMSOLL_LEAK", describeLeaks(report), {
    details: {
      what: first?.what,
      perCall: first?.perCall,
      unit: first?.unit,
      calls: report.calls,
      holder: report.holders[0],
    },
  });
}
