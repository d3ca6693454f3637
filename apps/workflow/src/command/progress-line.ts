/**
 * How far a run is, when it will be done, and memory against its limit: one line that is written again and again on a terminal, a new
 * one every few seconds elsewhere.
 */
import type { ExecutorStatus } from "../execute/executor.ts";
import type { RunProgress } from "../execute/run-state.ts";

/** A stream as far as it is used here. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const TERMINAL_INTERVAL_MS = 200;
const LOG_INTERVAL_MS = 5000;
const MEGABYTE = 2 ** 20;

/** Writes progress. */
export class ProgressLine implements Disposable {
  readonly #stream: ProgressStream;
  readonly #limitBytes: number | undefined;
  readonly #status: () => ExecutorStatus;
  readonly #now: () => number;
  #writtenMs: number;
  #isOpen = false;

  constructor(
    stream: ProgressStream,
    limitBytes: number | undefined,
    status: () => ExecutorStatus,
    now: () => number = () => performance.now(),
  ) {
    this.#stream = stream;
    this.#limitBytes = limitBytes;
    this.#status = status;
    this.#now = now;
    this.#writtenMs = now();
  }

  /** Shows how far it is, unless it was shown a moment ago. */
  show(progress: RunProgress): void {
    const isTerminal = this.#stream.isTTY === true;
    const nowMs = this.#now();
    if (nowMs - this.#writtenMs < (isTerminal ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS)) return;
    this.#writtenMs = nowMs;
    this.#isOpen = isTerminal;
    const text = describe(progress, this.#status(), process.memoryUsage.rss(), this.#limitBytes);
    this.#stream.write(isTerminal ? `\r\u001B[K${text.slice(0, (this.#stream.columns ?? 80) - 1)}` : `${text}\n`);
  }

  /** Takes the line away. */
  [Symbol.dispose](): void {
    if (this.#isOpen) this.#stream.write("\r\u001B[K");
    this.#isOpen = false;
  }
}

/** The line. */
export function describe(
  { finished, total, remainingMs }: RunProgress,
  { limiter, values }: Pick<ExecutorStatus, "limiter" | "values">,
  rssBytes: number,
  limitBytes: number | undefined,
): string {
  const left = remainingMs === undefined ? "" : `, ${timeOf(remainingMs)} left`;
  const of = limitBytes === undefined ? "" : ` of ${Math.floor(limitBytes / MEGABYTE)} MB`;
  const disk = values.fileBytes > 0 ? `, ${Math.ceil(values.fileBytes / MEGABYTE)} MB on disk` : "";
  return `workflow: ${grouped(finished)} of ${grouped(total)}${left}; memory ${Math.round(rssBytes / MEGABYTE)} MB${of}${disk}; ${limiter.inFlight} at once`;
}

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}

function timeOf(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 100) return `${seconds} s`;
  return seconds < 6000 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
