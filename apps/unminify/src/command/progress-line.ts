/**
 * How far the calls are, when they will be done, and memory against its limit: one line that is written
 * again and again on a terminal, a new one every few seconds elsewhere.
 */
import type { WriteStream } from "node:tty";
import type { ModelProgress } from "../model/names-from-model.ts";

const TERMINAL_INTERVAL_MS = 200;
const LOG_INTERVAL_MS = 5000;
const MEGABYTE = 2 ** 20;

/** Writes progress. */
export class ProgressLine implements Disposable {
  readonly #stream: Pick<WriteStream, "write"> & { readonly isTTY?: boolean };
  readonly #maxMemoryBytes: number | undefined;
  #writtenMs = Date.now();
  #isOpen = false;

  constructor(stream: Pick<WriteStream, "write"> & { readonly isTTY?: boolean }, maxMemoryBytes: number | undefined) {
    this.#stream = stream;
    this.#maxMemoryBytes = maxMemoryBytes;
  }

  /** Shows how far it is, unless it was shown a moment ago. */
  show(progress: ModelProgress): void {
    const isTerminal = this.#stream.isTTY === true;
    const nowMs = Date.now();
    if (nowMs - this.#writtenMs < (isTerminal ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS)) return;
    this.#writtenMs = nowMs;
    this.#isOpen = isTerminal;
    const text = describeProgress(progress, process.memoryUsage.rss(), this.#maxMemoryBytes);
    this.#stream.write(isTerminal ? `\r\u001B[K${text}` : `${text}\n`);
  }

  /** Takes the line away. */
  [Symbol.dispose](): void {
    if (this.#isOpen) this.#stream.write("\r\u001B[K");
  }
}

function describeProgress(
  { calls, callsDone, remainingMs }: ModelProgress,
  rssBytes: number,
  maxMemoryBytes: number | undefined,
): string {
  const memory = `${Math.round(rssBytes / MEGABYTE)} MB`;
  const limit = maxMemoryBytes === undefined ? "" : ` of ${Math.floor(maxMemoryBytes / MEGABYTE)} MB`;
  const left = remainingMs === undefined ? "" : `, ${timeOf(remainingMs)} left`;
  return `  asked ${callsDone} of ${calls} calls${left}; memory ${memory}${limit}`;
}

function timeOf(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
