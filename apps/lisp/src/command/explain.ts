/**
 * Errors as the command shows them: what, where, and the form.
 */
import { LispError } from "../data/errors.ts";
import { Condition } from "../data/values.ts";
import { describe } from "../machine/calls.ts";

/** Up to three lines about an error that no handler took. */
export function explain(error: unknown): string {
  if (!(error instanceof LispError))
    return `internal error: ${error instanceof Error ? error.message : String(error)}\n`;
  const { payload } = error;
  if (!(payload instanceof Condition)) return `error: ${error.message}\n`;
  const lines = [`error: ${describe(payload)}`];
  if (payload.position !== "") lines.push(`  at ${payload.position}`);
  if (payload.form !== "") lines.push(`  in ${payload.form}`);
  return `${lines.join("\n")}\n`;
}
