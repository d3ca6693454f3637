/**
 * What is said while the program runs: the live view on a terminal, rare one-liners without one, JSON
 * lines for machines, nothing when quiet. All are drawn from the same status. Once a second the
 * recording is judged and journalled; nothing that fails here may reach the watched program.
 */
import type { Clock } from "../base/clock.ts";
import { formatBytes } from "../base/bytes.ts";
import { diagnose } from "../diagnose/diagnose.ts";
import type { Diagnosis } from "../diagnose/finding.ts";
import type { Journal } from "../monitor/remote/journal.ts";
import type { Recording } from "../monitor/remote/recording.ts";
import { drawLiveView, LIVE_VIEW_LINES, LIVE_VIEW_MIN_COLUMNS } from "./live-view.ts";
import type { Output } from "./output.ts";
import { ReservedLines } from "./reserved-lines.ts";
import { drawStatusLine } from "./status-words.ts";
import { readStatus } from "./status.ts";

/** How to speak. */
export type ProgressMode = "live" | "lines" | "json" | "quiet";

/** A terminal lower than this keeps its lines for the program. */
const LIVE_VIEW_MIN_ROWS = 24;
const FRAME_MS = 500;
/** When the first one-liner is due, and how far apart they are at least. */
const FIRST_LINE_SECONDS = 20;
const LINE_SECONDS = 60;
/** Judgements in a row that must agree before a change is told. */
const STEADY = 3;

/** What progress is shown of. */
export interface ProgressOptions {
  readonly output: Output;
  readonly recording: Recording;
  readonly journal: Journal;
  readonly pid: number;
  readonly mode: ProgressMode;
  readonly clock: Clock;
}

/** Speaks until it is disposed. */
export class Progress implements Disposable {
  readonly #options: ProgressOptions;
  readonly #lines: ReservedLines;
  readonly #timer: Disposable;
  #diagnosis: Diagnosis;
  #frame = 0;
  #nextLineSeconds = FIRST_LINE_SECONDS;
  #told = "undetermined";
  #pending = { verdict: "undetermined", times: 0 };
  #notice: string | undefined;
  #failed = false;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#diagnosis = diagnose(options.recording);
    this.#lines = new ReservedLines(options.output, LIVE_VIEW_LINES);
    this.#greet();
    this.#fitTerminal();
    this.#timer = options.clock.every(FRAME_MS, () => {
      const isFullSecond = this.#frame++ % 2 === 0;
      if (isFullSecond) options.journal.write();
      this.#guarded(() => this.#tick(isFullSecond));
    });
    this.#guarded(() => this.#draw());
  }

  /** Shows a sentence in the live view's last line. */
  notify(sentence: string): void {
    this.#notice = sentence;
    this.#guarded(() => this.#draw());
  }

  /** Adapts to the terminal's new size. */
  resize(): void {
    this.#fitTerminal();
    this.#lines.resize();
    this.#guarded(() => this.#draw());
  }

  /** Gives the terminal back while the program is stopped. */
  suspend(): void {
    this.#lines.close();
  }

  /** Takes its lines of the terminal again. */
  resume(): void {
    this.#fitTerminal();
  }

  /** Stops, and leaves the terminal as it was. */
  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
    this.#lines.close();
  }

  #greet(): void {
    const { output, recording, pid, mode } = this.#options;
    const { bytes, source } = recording.limit;
    if (mode === "json")
      output.say(JSON.stringify({ plimsoll: "start", command: recording.command, pid, limit: recording.limit }));
    if (mode !== "lines") return;
    const limit = bytes === null ? `no limit (${source})` : `limit ${formatBytes(bytes)} (${source})`;
    output.say(`plimsoll: watching ${recording.command}, pid ${pid}; ${limit}`);
  }

  #fitTerminal(): void {
    const { output, mode } = this.#options;
    if (mode !== "live") return;
    const fits = output.rows >= LIVE_VIEW_MIN_ROWS && output.columns >= LIVE_VIEW_MIN_COLUMNS;
    if (!fits) this.#lines.close();
    else if (!this.#lines.isOpen) this.#lines.open();
  }

  #tick(isFullSecond: boolean): void {
    if (isFullSecond) {
      this.#diagnosis = diagnose(this.#options.recording);
      this.#speak();
    }
    this.#draw();
  }

  #draw(): void {
    if (!this.#lines.isOpen) return;
    const { output, recording, pid, clock } = this.#options;
    const status = readStatus(recording, this.#diagnosis, clock.now());
    const { command, limit, attached: isAttached = false } = recording;
    const { columns, paint } = output;
    const notice = this.#notice === undefined ? {} : { notice: this.#notice };
    this.#lines.draw(
      drawLiveView(status, { command, pid, limit, isAttached, columns, paint, cwd: process.cwd(), ...notice }),
    );
  }

  /** A one-liner, when one is due or the verdict has changed. */
  #speak(): void {
    const { output, recording, mode, clock } = this.#options;
    if (mode === "quiet" || this.#lines.isOpen) return;
    const seconds = (clock.now() - recording.startedAtMs) / 1000;
    if (!this.#hasChanged() && seconds < this.#nextLineSeconds) return;
    // Of a run of days, one line an hour is enough.
    this.#nextLineSeconds = seconds + Math.min(3600, Math.max(LINE_SECONDS, seconds / 10));
    const status = readStatus(recording, this.#diagnosis, clock.now());
    if (mode === "json") {
      const { verdict, growth, secondsToLimit } = this.#diagnosis;
      const { history: _, diagnosis: __, ...figures } = status;
      output.say(JSON.stringify({ plimsoll: "status", ...figures, verdict, growth, secondsToLimit }));
    } else output.say(`plimsoll: ${drawStatusLine(status, recording.limit)}`);
  }

  #hasChanged(): boolean {
    const { kind, leak } = this.#diagnosis.verdict;
    const verdict = `${kind} ${leak}`;
    this.#pending = { verdict, times: verdict === this.#pending.verdict ? this.#pending.times + 1 : 1 };
    if (kind === "undetermined" || verdict === this.#told || this.#pending.times < STEADY) return false;
    this.#told = verdict;
    return true;
  }

  /** A mistake of ours costs the display, never the program. */
  #guarded(task: () => void): void {
    if (this.#failed) return;
    try {
      task();
    } catch (error) {
      this.#failed = true;
      this.#lines.close();
      const why = error instanceof Error ? error.message : String(error);
      this.#options.output.say(
        `plimsoll: the display failed (${why}); your program runs on, the report comes at its end.`,
      );
    }
  }
}
