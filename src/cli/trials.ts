/**
 * What is done besides watching because it was asked for: counting system calls, acting at the limit.
 * Begun with the watch, concluded before the report; whatever of it fails costs its own entry and nothing else.
 */
import type { ReportTrial } from "../diagnose/report/report.ts";
import type { RemoteWatch } from "../monitor/remote/index.ts";
import { LimitGuard } from "./limit-action.ts";
import { traceSyscalls } from "./syscall-trace.ts";
import { describeSyscalls } from "./syscall-words.ts";
import type { LimitAction } from "./watch-options.ts";

/** What was asked for. */
export interface TrialPlan {
  readonly remote: RemoteWatch;
  readonly pid: number;
  /** strace, and how long it shall count. */
  readonly syscalls?: { readonly program: string; readonly ms: number } | undefined;
  readonly onLimit?: { readonly action: LimitAction; readonly limitBytes: number } | undefined;
  /** Told at once what was done to the program. */
  readonly say: (sentence: string) => void;
}

/** Carries a plan out. */
export class Trials implements Disposable {
  /** What came of it so far. */
  readonly found: ReportTrial[] = [];
  readonly #stop = new AbortController();
  readonly #guard: LimitGuard | undefined;
  readonly #tracing: Promise<unknown>;

  constructor({ remote, pid, syscalls, onLimit, say }: TrialPlan) {
    const note = (trial: ReportTrial): void => void this.found.push(trial);
    this.#guard = onLimit && new LimitGuard({ remote, pid, ...onLimit, say, note });
    this.#tracing = syscalls
      ? traceSyscalls(syscalls.program, pid, syscalls.ms, this.#stop.signal).then((trace) =>
          note(describeSyscalls(trace)),
        )
      : Promise.resolve();
  }

  /** Ends what still goes on, and waits for it: at most as long as its deadlines. */
  async conclude(): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#tracing, this.#guard?.finish()]);
  }

  /** Stops. */
  [Symbol.dispose](): void {
    this.#stop.abort();
    this.#guard?.[Symbol.dispose]();
  }
}
