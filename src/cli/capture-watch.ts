/**
 * Captures a heap while a program is watched: on an order of `plimsoll heap capture`, on SIGUSR2 where that is not the
 * program's, and once by itself when a process comes near its limit, of memory or of V8's heap, where that is predicted
 * to fit. Snapshots lie in the report's folder unless the order names another file.
 */
import { join } from "node:path";
import type { ReportTrial } from "../diagnose/report/report.ts";
import type { RemoteWatch } from "../monitor/remote/index.ts";
import type { ProcessRecording } from "../monitor/remote/recording.ts";
import { readHeadroom } from "../heap/capture-headroom.ts";
import type { TakenSnapshots } from "./heap-findings.ts";
import { SnapshotSchedule } from "./snapshot-schedule.ts";
import { answerOrder, type CaptureOrder, takeOrder, toReply } from "./capture-order.ts";
import { type CaptureOutcome, captureRemote } from "../diagnose/capture-remote.ts";

/** When to capture, and where to. */
export interface CaptureWatchOptions {
  readonly remote: RemoteWatch;
  /** The report's folder. */
  readonly dir: string;
  /** Whether to capture unasked near the limit. */
  readonly nearLimit: boolean;
  /** Longest predicted pause, in milliseconds. Default: 5,000. */
  readonly maxPauseMs?: number | undefined;
  /** Whether to take three once a heap is judged to leak. Default: false. */
  readonly onLeak?: boolean;
  /** Whether SIGUSR2 asks for a snapshot. Default: it does not, but is passed on. */
  readonly onSignal?: boolean;
  readonly say: (sentence: string) => void;
  readonly note: (trial: ReportTrial) => void;
}

const SIGNAL = "SIGUSR2";
const MEMORY_RATIO = 0.6;
const HEAP_RATIO = 0.8;
/** Reading limits takes 0.15 ms: not with every sample. */
const LOOK_MS = 2_000;
/** Processes that were captured, or refused, unasked; further ones are left alone. */
const MAX_UNASKED = 8;

/** Waits for the signal and for the limit. */
export class CaptureWatch implements Disposable {
  readonly #options: CaptureWatchOptions;
  readonly #updates: Disposable;
  readonly #tried = new Set<number>();
  #lookedMs = 0;
  #taken = 0;
  #queue: Promise<void> = Promise.resolve();
  readonly #files = new Map<number, string[]>();
  readonly #schedule: SnapshotSchedule | undefined;
  readonly #request = (): void => {
    const target = findLargest(this.#options.remote.recording.processes);
    if (target === undefined) this.#options.say("no process that can be captured answers");
    else void this.#capture({ pid: target.pid });
  };

  constructor(options: CaptureWatchOptions) {
    this.#options = options;
    if (options.onLeak === true)
      this.#schedule = new SnapshotSchedule(options.remote.recording, (pid) => this.#capture({ pid }));
    if (options.onSignal === true) process.on(SIGNAL, this.#request);
    const { socketPath } = options.remote.boardingPass({ isInherited: false });
    this.#updates = options.remote.onUpdate(() => {
      const order = takeOrder(socketPath);
      if (order !== undefined) void this.#obey(order, socketPath);
      if (options.nearLimit) this.#look();
      this.#schedule?.look(Date.now());
    });
  }

  /** The snapshots of the process of which there are most, oldest first. */
  get taken(): TakenSnapshots | undefined {
    const [most] = [...this.#files].sort(([, one], [, other]) => other.length - one.length);
    return most && { pid: most[0], files: most[1] };
  }

  /** Waits for a capture that goes on. */
  async finish(): Promise<void> {
    await this.#queue;
  }

  /** Captures nothing more. */
  [Symbol.dispose](): void {
    process.removeListener(SIGNAL, this.#request);
    this.#updates[Symbol.dispose]();
  }

  #look(): void {
    const nowMs = performance.now();
    if (nowMs - this.#lookedMs < LOOK_MS || this.#tried.size >= MAX_UNASKED) return;
    this.#lookedMs = nowMs;
    for (const one of this.#options.remote.recording.processes) {
      if (one.endedAtMs !== undefined || !one.observed || this.#tried.has(one.pid) || !isNearLimit(one)) continue;
      this.#tried.add(one.pid);
      void this.#capture({ pid: one.pid });
    }
  }

  async #obey(order: CaptureOrder, socketPath: string): Promise<void> {
    const outcome = await this.#capture(order);
    answerOrder(socketPath, order, outcome ? toReply(outcome) : { sentence: "The capture failed.", details: [] });
  }

  /** One after the other. */
  #capture({
    pid,
    file,
    maxPauseMs = this.#options.maxPauseMs,
    isCompact,
  }: Omit<CaptureOrder, "id">): Promise<CaptureOutcome | undefined> {
    const { remote, dir, say, note } = this.#options;
    this.#taken += 1;
    const path = file ?? join(dir, `heap-${pid}-${this.#taken}.heapsnapshot`);
    const done = this.#queue.then(async () => {
      try {
        const outcome = await captureRemote(pid, path, { remote, maxPauseMs, isCompact, say });
        say(outcome.trial.sentence);
        note(outcome.trial);
        if (outcome.file !== undefined) this.#files.set(pid, [...(this.#files.get(pid) ?? []), outcome.file]);
        return outcome;
      } catch (error) {
        say(`no heap snapshot: ${error instanceof Error ? error.message : String(error)}`);
        return undefined;
      }
    });
    this.#queue = done.then(() => {});
    return done;
  }
}

function isNearLimit(one: ProcessRecording): boolean {
  const main = one.threads.find(({ threadId }) => threadId === 0);
  const used = main?.samples.at(-1)?.heapUsedBytes ?? 0;
  const heapLimit = main?.oldSpaceLimitBytes ?? main?.heapLimitBytes ?? Infinity;
  if (used >= HEAP_RATIO * heapLimit) return true;
  const { bytes, limitBytes } = readHeadroom(one.pid);
  return limitBytes !== Infinity && bytes <= (1 - MEMORY_RATIO) * limitBytes;
}

/** Of those that answer. */
function findLargest(processes: readonly ProcessRecording[]): ProcessRecording | undefined {
  const living = processes.filter((one) => one.observed && one.endedAtMs === undefined && one.threads.length > 0);
  const sizeOf = ({ threads }: ProcessRecording): number => threads[0]?.samples.at(-1)?.heapUsedBytes ?? 0;
  return living.toSorted((a, b) => sizeOf(b) - sizeOf(a))[0];
}
