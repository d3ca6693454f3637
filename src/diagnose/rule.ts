/**
 * What a rule is: one cause of growth, judged on the evidence of one thread (or of a process that is
 * seen from outside only). A rule that does not hold says why, in words and figures: that is what the
 * report lists as ruled out.
 */
import type { Evidence } from "./evidence.ts";
import type { Finding, VerdictKind } from "./finding.ts";

/** One cause. */
export interface Rule {
  readonly kind: VerdictKind;
  /** A finding, or why this kind does not hold. Pure. */
  readonly judge: (evidence: Evidence) => Finding | string;
}
