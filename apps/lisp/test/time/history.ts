/**
 * A system with a history, for the tests of this folder.
 */
import { Lisp, type LispOptions } from "../../src/index.ts";
import type { TimeMachine } from "../../src/time/time-machine.ts";

/** Makes one. */
export function withHistory(options: LispOptions = {}): { lisp: Lisp; time: TimeMachine } {
  const lisp = new Lisp({ history: true, ...options });
  const { time } = lisp;
  if (time === undefined) throw new Error("a system without a history");
  return { lisp, time };
}
