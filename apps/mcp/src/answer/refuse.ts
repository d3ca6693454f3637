/** Errors that say what next: every refusal of a tool names the call that would work. */
import { PlimsollError, type PlimsollErrorCode } from "plimsoll/monitor";

/**
 * Makes an error for a client.
 *
 * @param what - what happened, with the numbers.
 * @param next - what to do instead.
 */
export function refuse(what: string, next: string, code: PlimsollErrorCode = "ERR_PLIMSOLL_USAGE"): PlimsollError {
  return new PlimsollError(code, what, { details: { next } });
}
