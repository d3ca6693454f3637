/**
 * What is done besides watching because it was asked for: experiments, counting system calls, acting at the limit.
 * Begun with the watch, concluded before the report; whatever of it fails costs its own entry and nothing else.
 */
import type { ReportTrial } from "../diagnose/report/report.ts";
import type { RemoteWatch } from "../monitor/remote/index.ts";
import { walkNativeHeap } from "../probe/native-heap/native-heap.ts";
import type { NativeHeapWalk } from "../probe/native-heap/native-heap-walk.ts";
import type { Unavailable } from "../probe/system-files.ts";
import { CaptureWatch } from "./capture-watch.ts";
import { ALL, Experimenter, RECLAIM } from "./experimenter.ts";
import type { TakenSnapshots } from "./heap-findings.ts";
import type { Heaptrack } from "./heaptrack.ts";
import { LimitGuard } from "./limit-action.ts";
import { hasEnded } from "./ending.ts";
import { describeNativeHeap } from "../diagnose/native-heap-words.ts";
import { traceSyscalls } from "./syscall-trace.ts";
import { describeSyscalls } from "./syscall-words.ts";
import type { LimitAction } from "./watch-options.ts";

/** What was asked for. */
export interface TrialPlan {
  readonly remote: RemoteWatch;
  readonly pid: number;
  /** Whether to try what collecting, ending a turn and trimming bring. */
  readonly experiments?: boolean;
  /** Whether to give back, at the end, garbage and what the allocator keeps. */
  readonly reclaim?: boolean;
  /** Whether to walk the native heap, now and at the end. */
  readonly nativeHeap?: boolean;
  /** strace, and how long it shall count. */
  readonly syscalls?: { readonly program: string; readonly ms: number } | undefined;
  readonly onLimit?: { readonly action: LimitAction; readonly limitBytes: number } | undefined;
  /** Where heap snapshots go, and when they are taken. Default: none is taken. */
  readonly capture?: {
    readonly dir: string;
    readonly nearLimit: boolean;
    readonly onLeak?: boolean;
    readonly maxPauseMs: number | undefined;
    readonly onSignal?: boolean;
  };
  /** Records native allocations. */
  readonly heaptrack?: Heaptrack | undefined;
  /** Told at once what was done to the program. */
  readonly say: (sentence: string) => void;
}

/** Carries a plan out. */
export class Trials implements Disposable {
  /** What came of it so far. */
  readonly found: ReportTrial[] = [];
  readonly #stop = new AbortController();
  readonly #guard: LimitGuard | undefined;
  #experimenter: Experimenter | undefined;
  readonly #note = (trial: ReportTrial): void => void this.found.push(trial);
  readonly #capture: CaptureWatch | undefined;
  readonly #tracing: Promise<unknown>;
  readonly #plan: TrialPlan;
  readonly #firstWalk: NativeHeapWalk | Unavailable | undefined;

  constructor(plan: TrialPlan) {
    const { remote, pid, syscalls, onLimit, say, experiments = false } = plan;
    this.#plan = plan;
    this.#firstWalk = plan.nativeHeap === true ? walkNativeHeap(pid) : undefined;
    const note = this.#note;
    this.#guard = onLimit && new LimitGuard({ remote, pid, ...onLimit, say, note });
    this.#capture = plan.capture && new CaptureWatch({ remote, ...plan.capture, say, note });
    this.#experimenter = experiments ? new Experimenter({ remote, note }) : undefined;
    this.#tracing = syscalls
      ? traceSyscalls(syscalls.program, pid, syscalls.ms, this.#stop.signal).then((trace) =>
          note(describeSyscalls(trace)),
        )
      : Promise.resolve();
  }

  /** Heap snapshots that were taken. Default: none was. */
  get snapshots(): TakenSnapshots | undefined {
    return this.#capture?.taken;
  }

  /** Ends what still goes on, and waits for it: at most as long as its deadlines. */
  async conclude(): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#tracing, this.#guard?.finish(), this.#capture?.finish()]);
    const { remote, pid, experiments = false, reclaim = false, heaptrack } = this.#plan;
    if (this.#firstWalk) {
      const lastWalk = hasEnded(remote.recording) ? undefined : walkNativeHeap(pid);
      this.found.push(describeNativeHeap(this.#firstWalk, lastWalk));
    }
    if (heaptrack) this.found.push(await heaptrack.read());
    if (reclaim) this.#experimenter ??= new Experimenter({ remote, note: this.#note });
    await this.#experimenter?.conclude(reclaim ? RECLAIM : [], experiments ? ALL : []);
  }

  /** Stops. */
  [Symbol.dispose](): void {
    this.#stop.abort();
    this.#guard?.[Symbol.dispose]();
    this.#capture?.[Symbol.dispose]();
    this.#experimenter?.[Symbol.dispose]();
  }
}
