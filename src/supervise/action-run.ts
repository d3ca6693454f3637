/**
 * Runs one action that may do anything: return, reject, throw, or never end. After its time it is left behind; that
 * it ended later is still told to who wants to know.
 */
import type { Clock } from "../base/clock.ts";

/** How it went. */
export interface ActionOutcome {
  readonly outcome: "done" | "failed" | "timed-out" | "skipped";
  readonly elapsedMs: number;
  /** Why it failed. */
  readonly error?: unknown;
}

/**
 * Runs an action.
 *
 * @param timeoutMs - after which it is left behind, and its signal aborts.
 * @param action - called at once.
 * @param onSettled - called when it has really ended, however late. Default: nothing.
 * @returns never rejects.
 */
export function runAction(
  clock: Clock,
  timeoutMs: number,
  action: (signal: AbortSignal) => unknown,
  onSettled?: () => void,
): Promise<ActionOutcome> {
  const startMs = clock.now();
  const abort = new AbortController();
  return new Promise((resolve) => {
    const timer = clock.every(Math.max(1, timeoutMs), () => {
      end("timed-out");
      abort.abort();
    });
    const end = (outcome: ActionOutcome["outcome"], error?: unknown): void => {
      timer[Symbol.dispose]();
      resolve({ outcome, elapsedMs: clock.now() - startMs, ...(error === undefined ? {} : { error }) });
    };
    const run = async (): Promise<void> => {
      try {
        await action(abort.signal);
        end("done");
      } catch (error) {
        end("failed", error);
      } finally {
        onSettled?.();
      }
    };
    void run();
  });
}
