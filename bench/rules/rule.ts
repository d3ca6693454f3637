/**
 * What every compared rule is: a judgement on a recording that was cut off at some moment. The rules see
 * only what was known then, and all see the same. Rules on trends share one condition that their sources leave
 * to the user: 2 s of warm-up are left out and at least 10 s must follow, else nothing could be right that soon.
 */
import type { VerdictKind } from "../../src/diagnose/finding.ts";
import type { Recording } from "../../src/monitor/remote/recording.ts";

/** What a rule says at one moment. */
export interface Judgement {
  readonly leak: boolean;
  /** Absent where the rule knows no kinds. */
  readonly kind?: VerdictKind;
  /** 0..1; absent where the rule states none. */
  readonly confidence?: number;
}

/** A rule that tells leaks from everything else. */
export interface ComparedRule {
  readonly name: string;
  /** Where it was published, or what it stands for. */
  readonly source: string;
  /** @param ended - whether the program had ended. */
  judge(recording: Recording, ended: boolean): Judgement;
}
