/**
 * What `--on-limit` asks for, once: a signal to the watched process, or a command of the user's. It
 * takes two readings in a row at the limit, so that one peak between collections ends nothing, and the
 * process's start time, so that a number which has passed to another process is left alone.
 */
import { spawn } from "node:child_process";
import { formatBytes } from "../base/bytes.ts";
import type { ReportTrial } from "../diagnose/report/report.ts";
import type { RemoteWatch } from "../monitor/remote/index.ts";
import { readStartTicks } from "../monitor/remote/process-table.ts";
import type { Recording } from "../monitor/remote/recording.ts";
import type { LimitAction } from "./watch-options.ts";

const READINGS = 2;
const TERM_DEADLINE_MS = 10_000;
const COMMAND_DEADLINE_MS = 60_000;

/** What to do to whom. */
export interface LimitGuardOptions {
  readonly remote: RemoteWatch;
  readonly pid: number;
  readonly limitBytes: number;
  readonly action: LimitAction;
  /** Told at once what was done. */
  readonly say: (sentence: string) => void;
  /** Told the same for the report. */
  readonly note: (trial: ReportTrial) => void;
}

/** Waits for the limit, and acts once. */
export class LimitGuard implements Disposable {
  readonly #options: LimitGuardOptions;
  readonly #startTicks: string | undefined;
  readonly #updates: Disposable;
  #lastMs = 0;
  #crossings = 0;
  #finished: Promise<void> = Promise.resolve();

  constructor(options: LimitGuardOptions) {
    this.#options = options;
    this.#startTicks = readStartTicks(options.pid);
    this.#updates = options.remote.onUpdate(() => this.#look());
  }

  /** Waits for a command that still runs, at most until its deadline. */
  async finish(): Promise<void> {
    await this.#finished;
  }

  /** Stops looking. */
  [Symbol.dispose](): void {
    this.#updates[Symbol.dispose]();
  }

  #look(): void {
    const { remote, limitBytes } = this.#options;
    const { timeMs, rssBytes } = readTotal(remote.recording);
    if (timeMs === this.#lastMs) return;
    this.#lastMs = timeMs;
    this.#crossings = rssBytes >= limitBytes ? this.#crossings + 1 : 0;
    if (this.#crossings < READINGS) return;
    this[Symbol.dispose]();
    const why = `${formatBytes(rssBytes)} resident in two readings, the limit is ${formatBytes(limitBytes)}`;
    if (readStartTicks(this.#options.pid) !== this.#startTicks)
      this.#tell(`${why}; the process is gone, nothing was done`);
    else this.#finished = this.#act(why);
  }

  async #act(why: string): Promise<void> {
    const { action, pid } = this.#options;
    if (typeof action === "object") return this.#run(action.command, why);
    const signal = action === "term" ? "SIGTERM" : "SIGKILL";
    try {
      process.kill(pid, signal);
    } catch (error) {
      return this.#tell(`${why}; ${signal} to pid ${pid} failed: ${wordsOf(error)}`);
    }
    this.#tell(`${why}; ${signal} was sent to pid ${pid}`);
    if (signal === "SIGKILL") return;
    const timer = setTimeout(() => {
      if (readStartTicks(pid) !== this.#startTicks) return;
      this.#tell(`pid ${pid} has not ended ${TERM_DEADLINE_MS / 1000} s after SIGTERM; nothing more is done to it`);
    }, TERM_DEADLINE_MS);
    timer.unref();
  }

  /** Its output goes to stderr: stdout is never ours. */
  #run(command: string, why: string): Promise<void> {
    const { pid } = this.#options;
    const env = { ...process.env, PLIMSOLL_PID: String(pid) };
    return new Promise((resolve) => {
      const child = spawn("sh", ["-c", command], { env, stdio: ["ignore", 2, 2], detached: true });
      const killing = setTimeout(() => killGroup(child.pid), COMMAND_DEADLINE_MS);
      const end = (how: string): void => {
        clearTimeout(killing);
        this.#tell(`${why}; the command of --on-limit ${how}`);
        resolve();
      };
      child.once("error", (error) => end(`did not start: ${error.message}`));
      child.once("exit", (code, signal) => end(signal === null ? `ended with code ${code}` : `was ended by ${signal}`));
    });
  }

  #tell(sentence: string): void {
    this.#options.note({ name: "on-limit", sentence, details: [] });
    this.#options.say(sentence);
  }
}

/** The newest reading of all living processes together. */
function readTotal({ processes }: Recording): { timeMs: number; rssBytes: number } {
  const latest = processes.filter((one) => one.endedAtMs === undefined).flatMap((one) => one.resident.slice(-1));
  return {
    timeMs: latest.reduce((newest, { timeMs }) => Math.max(newest, timeMs), 0),
    rssBytes: latest.reduce((total, { rssBytes }) => total + rssBytes, 0),
  };
}

/** The command and what it has started: a group of its own. */
function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has just ended.
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
