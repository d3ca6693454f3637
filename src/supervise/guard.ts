/**
 * Keeps a process inside its memory from within: near the soft line it asks for memory back, in order of priority and
 * only until enough has come; at the hard line it drains, or has a supervisor replace it. What each action brought is
 * measured. An action that throws or hangs stops no other, and is left out for a while.
 */
import { parseBytes } from "../base/bytes.ts";
import { type Clock, systemClock } from "../base/clock.ts";
import type { MemorySizes, MemorySource } from "../monitor/sample.ts";
import { processSource } from "../monitor/sample.ts";
import { Topic } from "../monitor/topic.ts";
import { type ActionOutcome, runAction } from "./action-run.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import { checkOrder, LineGauge, type NearestLine } from "./guard-lines.ts";
import { type GuardLevel, GuardMachine } from "./guard-machine.ts";
import type { ActionReport, DrainAction, GuardEvents, GuardOptions, ShedAction } from "./guard-options.ts";
import { supervision } from "./supervision.ts";

const ACTION_TIMEOUT_MS = 5_000;

interface Shedder {
  readonly action: ShedAction;
  readonly breaker: CircuitBreaker;
  /** Has shed and not yet restored. */
  hasShed: boolean;
  isRunning: boolean;
}

/** Watches the process it runs in. */
export class Guard implements Disposable {
  readonly #clock: Clock;
  readonly #source: MemorySource;
  readonly #soft: LineGauge;
  readonly #hard: LineGauge;
  readonly #machine: GuardMachine;
  readonly #options: GuardOptions;
  readonly #intervalMs: number;
  readonly #drainMs: number;
  readonly #leastFreedBytes: number;
  readonly #shedders: Shedder[] = [];
  readonly #drains = new Set<DrainAction>();
  readonly #topics: { readonly [Name in keyof GuardEvents]: Topic<GuardEvents[Name]> } = {
    change: new Topic("plimsoll:guard:change"),
    action: new Topic("plimsoll:guard:action"),
    drained: new Topic("plimsoll:guard:drained"),
  };
  #timer: Disposable | undefined;

  /**
   * @param options - all have a default.
   * @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION` or `ERR_PLIMSOLL_BAD_SIZE` when one is out of range.
   */
  constructor(options: GuardOptions = {}) {
    const { hysteresisRatio = 0.05, coolDownMs = 5_000, forecastMs = 10_000 } = options;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#source = options.source ?? processSource;
    const limits = this.#source.readLimits();
    this.#soft = new LineGauge(options.soft ?? { resident: "80%", heap: "80%" }, limits, forecastMs);
    this.#hard = new LineGauge(options.hard ?? { resident: "92%", heap: "92%" }, limits, 0);
    checkOrder(this.#soft, this.#hard);
    this.#machine = new GuardMachine({ hysteresisRatio, coolDownMs });
    this.#intervalMs = options.intervalMs ?? 100;
    this.#drainMs = options.drainMs ?? 10_000;
    this.#leastFreedBytes = parseBytes(options.leastFreed ?? "1mb");
  }

  /** How serious it is, as of the last reading. */
  get level(): GuardLevel {
    return this.#machine.level;
  }

  /** Begins to look, on a timer that never keeps the program alive. */
  start(): this {
    this.#timer ??= this.#clock.every(this.#intervalMs, () => this.look());
    return this;
  }

  /** Looks no more. A round or a drain that has begun goes on. */
  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }

  /** The same as {@link Guard.stop}. */
  [Symbol.dispose](): void {
    this.stop();
  }

  /** Adds something that gives memory back near the soft line. @returns takes it out again. */
  shed(action: ShedAction): Disposable {
    const { breaker } = this.#options;
    const entry = { action, breaker: new CircuitBreaker(breaker), hasShed: false, isRunning: false };
    this.#shedders.push(entry);
    // Stable: of equals the first comes first.
    this.#shedders.sort((a, b) => (b.action.priority ?? 0) - (a.action.priority ?? 0));
    return { [Symbol.dispose]: () => void this.#shedders.splice(this.#shedders.indexOf(entry) >>> 0, 1) };
  }

  /** Adds something to drain at the hard line, or when a supervisor orders it. @returns takes it out again. */
  drain(action: DrainAction): Disposable {
    this.#drains.add(action);
    const link = supervision();
    const order = (deadlineMs: number): unknown => this.#drainOne(action, deadlineMs);
    link?.drains.add(order);
    return {
      [Symbol.dispose]: () => {
        this.#drains.delete(action);
        link?.drains.delete(order);
      },
    };
  }

  /** Takes a reading now, as the timer does, and acts on it. */
  look(): GuardLevel {
    const nowMs = this.#clock.now();
    const sizes = this.#source.read();
    const from = this.#machine.level;
    const soft = this.#soft.measure(nowMs, sizes);
    const hard = this.#hard.measure(nowMs, sizes);
    const order = this.#machine.update(nowMs, soft?.ratio ?? 0, hard?.ratio ?? 0);
    const to = this.#machine.level;
    const nearest = to === "hard" ? hard : soft;
    if (nearest && from !== to) this.#topics.change.emit(() => ({ timeMs: nowMs, from, to, nearest }));
    if (order === "shed" && soft) void this.#shedRound(soft);
    else if (order === "restore") void this.#restore();
    else if (order === "drain" && hard) void this.#drainAll(hard);
    return to;
  }

  /** Listens; the same is published on `diagnostics_channel`s. @returns ends it when disposed. */
  on<Name extends keyof GuardEvents>(name: Name, listener: (event: GuardEvents[Name]) => void): Disposable {
    return this.#topics[name].subscribe(listener);
  }

  /** One action after the other, until memory is below the soft line. */
  async #shedRound(nearest: NearestLine): Promise<void> {
    for (const entry of [...this.#shedders]) {
      const nowMs = this.#clock.now();
      const { action, breaker } = entry;
      if (entry.isRunning || !breaker.admit(nowMs)) {
        this.#report(action.name, "shed", { outcome: "skipped", elapsedMs: 0 }, this.#source.read(), breaker);
        continue;
      }
      const before = this.#source.read();
      entry.hasShed = true;
      entry.isRunning = true;
      const outcome = await runAction(
        this.#clock,
        action.timeoutMs ?? ACTION_TIMEOUT_MS,
        (signal) => action.shed({ level: this.#machine.level, nearest }, signal),
        () => {
          entry.isRunning = false;
        },
      );
      const after = this.#source.read();
      const isWorth = action.isLasting === true || before.rssBytes - after.rssBytes >= this.#leastFreedBytes;
      const freesHeap = before.heapUsedBytes - after.heapUsedBytes >= this.#leastFreedBytes;
      if (outcome.outcome === "done" && (isWorth || freesHeap)) breaker.succeed();
      else breaker.fail(this.#clock.now());
      this.#report(action.name, "shed", outcome, before, breaker);
      if ((this.#soft.measure(this.#clock.now(), after)?.ratio ?? 0) < 1) break;
    }
    this.#machine.finishRound(this.#clock.now());
  }

  async #restore(): Promise<void> {
    // What was taken last is given back first.
    for (const entry of this.#shedders.toReversed()) {
      if (!entry.hasShed) continue;
      entry.hasShed = false;
      const { action, breaker } = entry;
      if (!action.restore) continue;
      const before = this.#source.read();
      const outcome = await runAction(this.#clock, action.timeoutMs ?? ACTION_TIMEOUT_MS, () => action.restore?.());
      this.#report(action.name, "restore", outcome, before, breaker);
    }
  }

  async #drainAll({ figure, bytes, lineBytes }: NearestLine): Promise<void> {
    const startMs = this.#clock.now();
    const link = supervision();
    if (link) {
      const mb = (size: number): string => `${Math.round(size / 2 ** 20)} MB`;
      link.tell({
        type: "replace",
        why: `its guard asks for it: ${mb(bytes)} ${figure}, the hard line is ${mb(lineBytes)}`,
      });
      this.#topics.drained.emit(() => ({ elapsedMs: 0, inTime: true, isHandedOver: true }));
      return;
    }
    const ended = await Promise.all([...this.#drains].map((action) => this.#drainOne(action, this.#drainMs)));
    const elapsedMs = this.#clock.now() - startMs;
    this.#topics.drained.emit(() => ({
      elapsedMs,
      inTime: ended.every(({ outcome }) => outcome === "done"),
      isHandedOver: false,
    }));
  }

  async #drainOne(action: DrainAction, deadlineMs: number): Promise<ActionOutcome> {
    const before = this.#source.read();
    const outcome = await runAction(this.#clock, deadlineMs, () => action.drain(deadlineMs));
    this.#report(action.name, "drain", outcome, before);
    return outcome;
  }

  #report(
    name: string,
    kind: ActionReport["kind"],
    outcome: ActionOutcome,
    before: MemorySizes,
    breaker?: CircuitBreaker,
  ): void {
    this.#topics.action.emit(() => {
      const after = outcome.outcome === "skipped" ? before : this.#source.read();
      const freedBytes = before.rssBytes - after.rssBytes;
      const state = breaker?.state(this.#clock.now()) ?? "closed";
      return { name, kind, ...outcome, before, after, freedBytes, breaker: state };
    });
  }
}
