/**
 * When to take the three snapshots that tell who holds what grows: the first as soon as a JavaScript heap is judged to leak,
 * the others when it has had time to grow again. Asked for with `--snapshots`, for each stops the program.
 */
import { diagnose } from "../diagnose/diagnose.ts";
import type { Recording } from "../monitor/remote/recording.ts";

/** Growth twice needs three. */
const MOST = 3;
const GAP_MS = 3_000;
const JUDGE_MS = 1_000;
/** Refused or failed captures after which no further is tried. */
const MOST_FAILURES = 2;

/** Asks for captures of the process whose heap leaks. */
export class SnapshotSchedule {
  readonly #recording: Recording;
  readonly #capture: (pid: number) => Promise<{ readonly file?: string } | undefined>;
  #pid: number | undefined;
  #isBusy = false;
  #taken = 0;
  #failures = 0;
  #dueMs = 0;

  /** @param capture - takes one snapshot of a process; what it gives has no `file` when none was taken. */
  constructor(recording: Recording, capture: (pid: number) => Promise<{ readonly file?: string } | undefined>) {
    this.#recording = recording;
    this.#capture = capture;
  }

  /** Looks whether one is due; to be called with every update. */
  look(nowMs: number): void {
    if (this.#isBusy || this.#taken >= MOST || this.#failures >= MOST_FAILURES || nowMs < this.#dueMs) return;
    this.#dueMs = nowMs + JUDGE_MS;
    this.#pid ??= this.#findLeaking(nowMs);
    if (this.#pid === undefined) return;
    this.#isBusy = true;
    void this.#capture(this.#pid).then((outcome) => {
      this.#isBusy = false;
      // Growth counts from the end of the pause.
      this.#dueMs = Date.now() + GAP_MS;
      if (outcome?.file === undefined) this.#failures++;
      else this.#taken++;
    });
  }

  /** The main heap that is judged to leak. */
  #findLeaking(nowMs: number): number | undefined {
    const { processes } = diagnose(this.#recording, { nowMs, ended: false });
    return processes.find(({ thread, verdict }) => thread === undefined && verdict.leak && verdict.kind === "js-heap")
      ?.pid;
  }
}
