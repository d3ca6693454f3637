/**
 * The watch over the end of a program. Samples twice a second miss a fast death, and what tells a kill
 * by the kernel from any other is gone a moment later: so the resident set of each process is read
 * every 50 ms (1 µs a reading), the killer's counters once a second, and both again when one has ended.
 */
import { type Clock, systemClock } from "../base/clock.ts";
import type { ExitRecord, OomAccount, ProcessRecording, Recording } from "../monitor/remote/recording.ts";
import { readLimits, tightestLimit } from "../probe/limit.ts";
import { ResidentReader } from "../probe/process.ts";
import type { SystemFilesOptions } from "../probe/system-files.ts";
import { findCrashReport } from "./crash-report.ts";
import { OomAccounts } from "./oom-account.ts";

const POLL_MS = 50;
const ACCOUNT_MS = 1_000;
/** Each holds a file open. */
const MAX_READERS = 64;

/** How to watch. */
export interface ExitWatchOptions extends SystemFilesOptions {
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Where the program runs, for Node's own crash report. Default: the working directory. */
  readonly cwd?: string;
}

/** Adds to a live {@link Recording} what explains the end of its processes. */
export class ExitWatch implements Disposable {
  readonly #recording: Recording;
  readonly #options: ExitWatchOptions;
  readonly #clock: Clock;
  readonly #accounts: OomAccounts;
  readonly #readers = new Map<ProcessRecording, ResidentReader>();
  readonly #noted = new Set<ProcessRecording>();
  readonly #timer: Disposable;
  #accountDueMs = 0;

  /** @param recording - its first process is the started command. */
  constructor(recording: Recording, options: ExitWatchOptions = {}) {
    this.#recording = recording;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#accounts = new OomAccounts(options);
    this.#timer = this.#clock.every(POLL_MS, () => this.#poll());
    this.#poll();
  }

  /**
   * Call it as soon as the command has ended: reads the counters, and stops watching.
   *
   * @param exit - `undefined` for a process of somebody else's, whose exit code only its parent learns.
   */
  conclude(exit: ExitRecord | undefined): void {
    const [root] = this.#recording.processes;
    if (root) this.#note(root);
    this[Symbol.dispose]();
    if (exit !== undefined) this.#recording.exit = exit;
    if (root && exit?.code !== 0) {
      const crash = findCrashReport(root.pid, this.#options.cwd ?? process.cwd());
      if (crash !== undefined) this.#recording.crash = crash;
    }
  }

  /** Stops watching. */
  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
    for (const reader of this.#readers.values()) reader[Symbol.dispose]();
    this.#readers.clear();
  }

  #poll(): void {
    const nowMs = this.#clock.now();
    const isDue = nowMs >= this.#accountDueMs;
    let isNew = false;
    for (const one of this.#recording.processes) {
      if (this.#noted.has(one)) continue;
      const rssBytes = this.#readerOf(one)?.read();
      if (rssBytes !== undefined) {
        one.lastReading = { timeMs: nowMs, rssBytes };
        one.peakRssBytes = Math.max(one.peakRssBytes, rssBytes);
        // A command often enters its cgroup only after it has started.
        if ((isDue || nowMs - one.startedAtMs < ACCOUNT_MS) && this.#accounts.discover(one.pid)) {
          isNew = true;
          this.#tightenLimit(one);
        }
      } else if (one.endedAtMs !== undefined || one.lastReading !== undefined) this.#note(one);
    }
    if (!isDue && !isNew) return;
    this.#accountDueMs = nowMs + ACCOUNT_MS;
    this.#recording.oom = this.#accounts.read(nowMs);
  }

  /** The limit that was read before the start was the watcher's own; the command may have entered a smaller cgroup. */
  #tightenLimit({ pid }: ProcessRecording): void {
    const { limit, processes } = this.#recording;
    if (pid !== processes[0]?.pid || limit.source.startsWith("--limit")) return;
    const own = tightestLimit(readLimits(pid, this.#options));
    if (own?.bytes === undefined || own.bytes >= (limit.bytes ?? Number.POSITIVE_INFINITY)) return;
    this.#recording.limit = { bytes: own.bytes, source: own.source };
  }

  #readerOf(one: ProcessRecording): ResidentReader | undefined {
    const known = this.#readers.get(one);
    if (known !== undefined || one.endedAtMs !== undefined || this.#readers.size >= MAX_READERS) return known;
    const reader = new ResidentReader(one.pid, this.#options);
    this.#readers.set(one, reader);
    return reader;
  }

  /** A process has ended: who has killed in the meantime? */
  #note(one: ProcessRecording): void {
    if (this.#noted.has(one)) return;
    this.#noted.add(one);
    this.#readers.get(one)?.[Symbol.dispose]();
    this.#readers.delete(one);
    const before = this.#recording.oom;
    if (before === undefined) return;
    const after = this.#accounts.read(this.#clock.now());
    if (one === this.#recording.processes[0] || hasKilled(before, after)) one.oom = { before, after };
    this.#recording.oom = after;
  }
}

function hasKilled(before: OomAccount, after: OomAccount): boolean {
  return after.groups.some(({ directory, kills = 0 }) => {
    const earlier = before.groups.find((group) => group.directory === directory);
    return kills > (earlier?.kills ?? kills);
  });
}
