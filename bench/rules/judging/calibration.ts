/**
 * Is a verdict that claims 90 % right nine times in ten? Verdicts by the confidence that they state, against the
 * truth. A verdict is right when leak or no leak is and, where it says leak, the kind too: which of the harmless
 * kinds holds may change in a run. `undetermined` claims nothing and is left out.
 */
import type { Course, Moment } from "./course.ts";
import { hasRightFlag, hasRightKind } from "./course.ts";

/** Verdicts with about the same confidence. */
export interface CalibrationBin {
  /** Confidence from, included. */
  readonly from: number;
  /** Confidence to; the last bin includes it. */
  readonly to: number;
  readonly verdicts: number;
  readonly right: number;
  /** Mean of the stated confidence, 0..1; middle of the bin while it is empty. */
  readonly stated: number;
}

/** A claim and whether it holds. */
export interface Claim {
  /** 0..1 */
  readonly confidence: number;
  readonly isRight: boolean;
}

const EDGES = [0, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1];
const STEP_SECONDS = 10;

/** Claims at moments 10 s apart and at the end. */
export function claimsOverTime(courses: readonly Course[]): Claim[] {
  return courses.flatMap((course) => {
    const open = course.truth.isOpenUntilEnd ?? false;
    const moments = open ? [] : course.moments.filter(({ seconds }) => seconds % STEP_SECONDS === 0);
    return [...moments, course.final].flatMap((moment) => claimOf(course, moment));
  });
}

/** Claims at the end alone. */
export function claimsAtEnd(courses: readonly Course[]): Claim[] {
  return courses.flatMap((course) => claimOf(course, course.final));
}

/** Claims sorted into bins of confidence. */
export function binClaims(claims: readonly Claim[]): CalibrationBin[] {
  return EDGES.slice(0, -1).map((from, index) => {
    const to = EDGES[index + 1] ?? 1;
    const inside = claims.filter(({ confidence }) => confidence >= from && (confidence < to || to === 1));
    const sum = inside.reduce((total, { confidence }) => total + confidence, 0);
    return {
      from,
      to,
      verdicts: inside.length,
      right: inside.filter(({ isRight }) => isRight).length,
      stated: inside.length === 0 ? (from + to) / 2 : sum / inside.length,
    };
  });
}

function claimOf({ truth }: Course, moment: Moment): Claim[] {
  const { confidence, kind, leak } = moment;
  if (confidence === undefined || kind === "undetermined") return [];
  const isRight = hasRightFlag(truth, moment) && (!leak || hasRightKind(truth, moment));
  return [{ confidence, isRight }];
}
