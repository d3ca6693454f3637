/**
 * Time as a parameter, so that everything that waits or dates can be tested with a clock that a
 * test moves by hand. All timers are unref'ed: observing a program never keeps it alive.
 */

/** Reads the time and schedules repeated work. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Calls `task` every `intervalMs` milliseconds until disposed. The timer never keeps the process alive. */
  every(intervalMs: number, task: () => void): Disposable;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  every(intervalMs, task) {
    const timer = setInterval(task, intervalMs).unref();
    return { [Symbol.dispose]: () => clearInterval(timer) };
  },
};
