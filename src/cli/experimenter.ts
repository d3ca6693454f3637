/**
 * Tries on the running program what a verdict waits for, where that was asked for: a collection where garbage may
 * lie, the end of a turn where WeakRefs may hold, a trim where the allocator may keep. What is predicted
 * to stop a thread for more than 200 ms is refused by the watch itself, and said.
 */
import { systemClock } from "../base/clock.ts";
import type { ExperimentName } from "../base/wire.ts";
import { diagnose } from "../diagnose/diagnose.ts";
import type { VerdictKind } from "../diagnose/finding.ts";
import type { ReportTrial } from "../diagnose/report/report.ts";
import type { RemoteWatch } from "../monitor/remote/index.ts";
import type { ProcessRecording } from "../monitor/remote/recording.ts";
import { describeExperiment } from "../diagnose/experiment-words.ts";

/** In this order: each can only free what those before have left. */
export const ALL: readonly ExperimentName[] = ["collect", "turn", "trim"];
/** What gives memory back: garbage of V8 holds Buffers, whose bytes the allocator can only then return. */
export const RECLAIM: readonly ExperimentName[] = ["collect", "trim"];
/** What proves or disproves a verdict. */
const ASKED: Readonly<Partial<Record<VerdictKind, readonly ExperimentName[]>>> = {
  "js-heap": ["turn"],
  "gc-slack": ["collect"],
  "weakref-held": ["turn"],
  "allocator-retained": ["trim"],
  native: ["trim"],
  undetermined: ["turn", "trim"],
};
/** Warm-up is over for most programs, and short ones have not ended. */
const FIRST_MS = 15_000;
/** A verdict may ask again after this long, and so often. */
const AGAIN_MS = 60_000;
const MOST = 5;
/** How often the verdict is looked at. */
const LOOK_MS = 5_000;
const ANSWER_MS = 5_000;

/** Whom to try it on. */
export interface ExperimenterOptions {
  readonly remote: RemoteWatch;
  readonly note: (trial: ReportTrial) => void;
}

/** Waits for a verdict that asks. */
export class Experimenter implements Disposable {
  readonly #options: ExperimenterOptions;
  readonly #timer: Disposable;
  readonly #triedMs = new Map<ExperimentName, number[]>();
  #queue: Promise<void> = Promise.resolve();

  constructor(options: ExperimenterOptions) {
    this.#options = options;
    this.#timer = systemClock.every(LOOK_MS, () => this.#look());
  }

  /**
   * Tries for the last time, and waits for it. Nothing happens where nobody answers any more.
   *
   * @param must - tried whenever they were tried before.
   * @param may - tried unless they were lately.
   */
  async conclude(must: readonly ExperimentName[], may: readonly ExperimentName[]): Promise<void> {
    this[Symbol.dispose]();
    for (const name of ALL) if (must.includes(name) || (may.includes(name) && this.#isDue(name))) this.#try(name);
    await this.#queue;
  }

  /** Tries nothing more by itself. */
  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }

  #look(): void {
    const { recording } = this.#options.remote;
    if (systemClock.now() - recording.startedAtMs < FIRST_MS) return;
    const asked = this.#triedMs.size === 0 ? ALL : (ASKED[diagnose(recording).verdict.kind] ?? []);
    for (const name of asked) if (this.#isDue(name)) this.#try(name);
  }

  #isDue(name: ExperimentName): boolean {
    const tried = this.#triedMs.get(name) ?? [];
    return tried.length < MOST && systemClock.now() - (tried.at(-1) ?? 0) >= AGAIN_MS;
  }

  /** One after the other: each must see what the one before has left. */
  #try(name: ExperimentName): void {
    const { remote, note } = this.#options;
    const target = findTarget(remote.recording.processes);
    if (target === undefined) return;
    this.#triedMs.set(name, [...(this.#triedMs.get(name) ?? []), systemClock.now()]);
    this.#queue = this.#queue.then(async () => {
      if (target.endedAtMs !== undefined) return;
      const result = await remote.experiment(target.pid, name, ANSWER_MS);
      if (result.outcome !== "no-answer" || target.endedAtMs === undefined) note(describeExperiment(result));
    });
  }
}

/** The largest process that answers. */
function findTarget(processes: readonly ProcessRecording[]): ProcessRecording | undefined {
  const living = processes.filter((one) => one.observed && one.endedAtMs === undefined && one.threads.length > 0);
  const sizeOf = ({ resident }: ProcessRecording): number => resident.at(-1)?.rssBytes ?? 0;
  return living.toSorted((a, b) => sizeOf(b) - sizeOf(a))[0];
}
