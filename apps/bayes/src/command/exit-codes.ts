/** What the command exits with, after BSD's sysexits; a fit that was stopped ends as its signal says (128 + number). */
import { BayesError, type BayesErrorCode } from "../errors.ts";

/** Everything went well, also where the fit is not to be trusted: that is said. */
export const OK = 0;
const USAGE = 64;
const INPUT = 65;
const FAILURE = 70;

const BY_CODE: Readonly<Record<BayesErrorCode, number>> = {
  ERR_BAYES_CHECKPOINT: USAGE,
  ERR_BAYES_DATA: INPUT,
  ERR_BAYES_MODEL: INPUT,
  ERR_BAYES_OPTION: USAGE,
  ERR_BAYES_SHAPE: INPUT,
  ERR_BAYES_START: INPUT,
  ERR_BAYES_UNSUPPORTED: INPUT,
  ERR_BAYES_WORKER: FAILURE,
};

/** The exit code of an error. */
export function exitCodeOf(error: unknown): number {
  return BayesError.is(error) ? BY_CODE[error.code] : FAILURE;
}
