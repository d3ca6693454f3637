/**
 * Verdicts and growth as a report shows them: names and paths cleaned, figures rounded, lists bounded.
 */
import type { Growth, Verdict } from "../finding.ts";
import type { Cleaner } from "./clean.ts";

/** A verdict with its texts fit to show. */
export function cleanVerdict(verdict: Verdict, clean: Cleaner): Verdict {
  return {
    kind: verdict.kind,
    leak: verdict.leak,
    confidence: Math.max(0, Math.min(1, verdict.confidence)),
    sentence: clean.text(verdict.sentence),
    evidence: verdict.evidence.map((line) => clean.text(line)),
    ruledOut: verdict.ruledOut.map(({ kind, why }) => ({ kind, why: clean.text(why) })),
    next: verdict.next.map((line) => clean.text(line)),
    wouldChange: clean.text(verdict.wouldChange),
  };
}

/** At most `max` growths with their texts fit to show. */
export function cleanGrowth(growth: readonly Growth[], clean: Cleaner, max: number): Growth[] {
  return growth.slice(0, max).map(({ where, callers, holder, ...rest }) => ({
    ...rest,
    what: clean.text(rest.what),
    bytesPerSecond: Math.round(rest.bytesPerSecond * 100) / 100,
    bytes: Math.round(rest.bytes),
    count: Math.max(0, Math.round(rest.count)),
    ...(rest.bytesPerRequest === undefined ? {} : { bytesPerRequest: Math.round(rest.bytesPerRequest) }),
    ...(where
      ? {
          where: {
            file: clean.path(where.file),
            line: where.line,
            function: clean.name(where.function),
            ...(where.inlinedInto === undefined ? {} : { inlinedInto: clean.name(where.inlinedInto) }),
          },
        }
      : {}),
    ...(callers
      ? {
          callers: callers.map((caller) => ({
            function: clean.name(caller.function),
            file: clean.path(caller.file),
            line: caller.line,
            column: caller.column,
          })),
        }
      : {}),
    ...(holder === undefined ? {} : { holder: clean.name(holder) }),
  }));
}
