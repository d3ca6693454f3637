/**
 * When readings are taken: at a steady interval, but seldom while the event loop sleeps. Waking a sleeping
 * process costs many times the reading itself, and a program that does not run allocates nothing. An
 * unref'ed immediate runs as soon as anything else wakes the loop, without waking it: that ends the rest.
 */
import type { Clock } from "../base/clock.ts";

/** How often. */
export interface CadenceOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** While nothing happens; not above `intervalMs` means that there is no rest. */
  readonly idleIntervalMs: number;
}

/**
 * Calls a task at the interval until disposed.
 *
 * @param options - how often.
 * @param task - returns true when it saw nothing worth a closer look.
 */
export function startCadence(options: CadenceOptions, task: () => boolean): Disposable {
  const { clock, intervalMs, idleIntervalMs } = options;
  if (idleIntervalMs <= intervalMs) return clock.every(intervalMs, () => void task());

  let timer: Disposable | undefined;
  let watch: NodeJS.Immediate | undefined;
  let dueMs = 0;
  let resting = false;
  let stirred = false;

  const schedule = (rest: boolean): void => {
    timer?.[Symbol.dispose]();
    resting = rest;
    timer = clock.every(rest ? idleIntervalMs : intervalMs, tick);
  };
  const tick = (): void => {
    const rest = task() && !stirred;
    if (rest !== resting) schedule(rest);
    dueMs = performance.now() + (resting ? idleIntervalMs : intervalMs);
    stirred = false;
    clearImmediate(watch);
    watch = setImmediate(wake).unref();
  };
  const wake = (): void => {
    // libuv runs immediates before timers: this may be our own timer's waking. 2 ms for timers that fire early.
    if (performance.now() >= dueMs - 2) return;
    stirred = true;
    if (resting) tick();
  };

  schedule(false);
  return {
    [Symbol.dispose]() {
      clearImmediate(watch);
      timer?.[Symbol.dispose]();
    },
  };
}
