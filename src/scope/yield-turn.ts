/**
 * Ends the event-loop turn now and then. The language keeps the target of a WeakRef alive until the job in
 * which it was made or read ends; V8 holds it until the whole turn does, and finalizers wait for it as well.
 * A loop that is synchronous, or awaits only promises that are settled already, never ends its turn.
 */
import { PlimsollError } from "../base/errors.ts";

/** How often a turn ends. */
export interface YieldTurnOptions {
  /** Milliseconds of work between turns at least. Default: 8. */
  readonly everyMs?: number;
}

const DEFAULT_EVERY_MS = 8;
let lastTurnMs = Number.NEGATIVE_INFINITY;
let turn: Promise<void> | undefined;
const settled = Promise.resolve();

/**
 * Ends the event-loop turn when the last call that did so is `everyMs` or longer ago; costs one microtask otherwise.
 * To be called in every round of a long loop: `await yieldTurn()`.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION` when `everyMs` is negative or not a number.
 */
export function yieldTurn(options: YieldTurnOptions = {}): Promise<void> {
  const everyMs = options.everyMs ?? DEFAULT_EVERY_MS;
  if (!(everyMs >= 0)) {
    throw new PlimsollError("ERR_PLIMSOLL_BAD_OPTION", `everyMs is ${everyMs}; it must be 0 or more milliseconds.`);
  }
  if (turn) return turn;
  if (performance.now() - lastTurnMs < everyMs) return settled;
  turn = new Promise((resolve) => {
    setImmediate(() => {
      turn = undefined;
      lastTurnMs = performance.now();
      resolve();
    });
  });
  return turn;
}
