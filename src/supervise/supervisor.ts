/**
 * Keeps a program inside its memory from outside: watches its instances ten times a second, starts a
 * replacement before the limit is reached, lets it take over the listening sockets, and only then drains
 * and ends the old one. What crashes is started again; what cannot be helped is said in a plain word.
 */
import { dirname } from "node:path";
import { type Clock, systemClock } from "../base/clock.ts";
import type { HandedState, InstanceMessage } from "../base/supervision.ts";
import { makeRunDirectory, type RunDirectory } from "../monitor/remote/run-directory.ts";
import type { ExitRecord } from "../monitor/remote/recording.ts";
import { nameCommand } from "../probe/process.ts";
import { CrashBackoff } from "./crash-backoff.ts";
import { Guardian } from "./guardian.ts";
import { Instance, type InstanceEvents } from "./instance.ts";
import { judgeInstance, press } from "./replacement-judgement.ts";
import { HandoverTimes } from "./replacement-line.ts";
import { isReady } from "./readiness.ts";
import { type ListeningHandle, SharedSockets } from "./shared-sockets.ts";
import { Slot } from "./slot.ts";
import {
  checkOptions,
  type InstanceEnd,
  type SupervisedLimit,
  supervisedLimit,
  type SupervisorEvents,
  type SupervisorOptions,
} from "./supervisor-options.ts";
import { createTopics, type SupervisorTopics } from "./supervisor-topics.ts";
import { crashWords, endOf, failedReplacementWords, unreadyWords } from "./supervisor-words.ts";
import { OrphanReaper } from "./orphan-reaper.ts";

const LOOK_MS = 100;
/** What an instance has resident within this time after it became ready is what a new one needs. */
const FRESH_MS = 1_000;
/** After a replacement that failed, or that cannot help, before the next. */
const RETRY_MS = 10_000;
const HOPELESS_MS = 60_000;

/** Runs a program as instances that are replaced. */
export class Supervisor implements AsyncDisposable {
  /** Resolves with the end of the program: its own, or that of the last instance. Never rejects. */
  readonly ended: Promise<ExitRecord>;
  /** Where instances are replaced. */
  readonly limit: SupervisedLimit;
  readonly #options: SupervisorOptions;
  readonly #clock: Clock;
  readonly #drainMs: number;
  readonly #readyMs: number;
  readonly #name: string;
  readonly #slots: readonly Slot[];
  readonly #sockets = new SharedSockets();
  readonly #times = new HandoverTimes();
  readonly #directory: RunDirectory;
  readonly #guardian: Guardian;
  readonly #reaper = process.pid === 1 ? new OrphanReaper() : undefined;
  readonly #draining = new Set<Instance>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #topics: SupervisorTopics = createTopics();
  readonly #events: InstanceEvents = {
    message: (instance, message, handle) => this.#hear(instance, message, handle),
    exit: (instance, exit) => this.#track(this.#leave(instance, exit)),
  };
  #resolve: (exit: ExitRecord) => void = () => {};
  #timer: Disposable | undefined;
  #started = 0;
  #lookedAtMs = 0;
  #lastExit: ExitRecord = { code: 0, signal: null };
  #isStopping = false;
  #isOver = false;
  /** The program says itself when it is ready; it does not listen. */
  #saysReady = false;
  #isSilent = false;

  /**
   * @param options - all but the command have a default.
   * @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION` or `ERR_PLIMSOLL_BAD_SIZE` when one is out of range.
   */
  constructor(options: SupervisorOptions) {
    const { instances, drainMs, readyMs } = checkOptions(options);
    this.#drainMs = drainMs;
    this.#readyMs = readyMs;
    this.limit = supervisedLimit(options.limit ?? "80%", instances);
    this.#options = options;
    this.#name = options.name ?? nameCommand(options.command);
    this.#clock = options.clock ?? systemClock;
    this.#slots = Array.from({ length: instances }, () => new Slot(new CrashBackoff()));
    this.#directory = makeRunDirectory();
    this.#guardian = new Guardian(this.#drainMs);
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /**
   * Starts the instances: the first, and when it is ready the others, which inherit its sockets.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_START_FAILED` when the command cannot be started at all.
   */
  async start(): Promise<void> {
    const [first, ...others] = this.#slots;
    try {
      if (first) await this.#launch(first, "first start");
    } catch (error) {
      this.#close();
      throw error;
    }
    this.#timer = this.#clock.every(LOOK_MS, () => this.#look());
    for (const slot of others) slot.waitsForFirst = true;
  }

  /** Replaces all instances, for new code or settings. */
  replaceAll(why = "asked for"): void {
    for (const slot of this.#slots) slot.wanted ??= why;
  }

  /** Drains and ends all instances; {@link Supervisor.ended} tells when. */
  stop(): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    for (const slot of this.#slots) slot.cancelRestart();
    for (const instance of this.#living()) instance.drain("the supervisor was asked to stop", this.#drainMs);
    this.#settle(this.#lastExit);
  }

  /** Ends all instances at once. */
  kill(): void {
    this.#isStopping = true;
    for (const slot of this.#slots) slot.cancelRestart();
    for (const instance of this.#living()) instance.kill();
  }

  /** Listens; the same is published on `diagnostics_channel`s. @returns ends it when disposed. */
  on<Name extends keyof SupervisorEvents>(name: Name, listener: (event: SupervisorEvents[Name]) => void): Disposable {
    return this.#topics[name].subscribe(listener);
  }

  /** Stops, and waits. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.ended;
  }

  #living(): Instance[] {
    const held = this.#slots.flatMap(({ current, next }) => [current, next].filter((one) => one !== undefined));
    return [...new Set([...held, ...this.#draining])];
  }

  async #launch(slot: Slot, why: string): Promise<Instance> {
    const { command, env = process.env, cwd, restartAfter, observe = true } = this.#options;
    this.#started += 1;
    slot.isStarting = true;
    slot.decidedAtMs = this.#clock.now();
    try {
      const instance = await Instance.start(
        {
          number: this.#started,
          command,
          env,
          sockets: this.#sockets,
          preloadFile: this.#directory.preloadFile,
          // Only this user may enter it.
          folder: dirname(this.#directory.socketPath),
          drainMs: this.#drainMs,
          clock: this.#clock,
          name: this.#name,
          observe,
          limit: { bytes: this.limit.bytes, source: this.limit.source },
          ...(cwd === undefined ? {} : { cwd }),
          ...(restartAfter && "units" in restartAfter ? { unitLimit: restartAfter.units } : {}),
        },
        this.#events,
      );
      this.#guardian.add(instance.pid);
      if (slot.current) slot.next = instance;
      else slot.current = instance;
      this.#topics.start.emit(() => ({ instance: instance.number, pid: instance.pid, why }));
      if (this.#isStopping) instance.drain("the supervisor was asked to stop", this.#drainMs);
      return instance;
    } finally {
      slot.isStarting = false;
    }
  }

  #hear(instance: Instance, message: InstanceMessage, handle: ListeningHandle | undefined): void {
    const slot = this.#slots.find(({ current, next }) => current === instance || next === instance);
    if (message.type === "hello") {
      instance.reachedPid = message.pid;
      this.#guardian.trust(instance.pid);
      if (slot && slot.states.length > 0) instance.give(slot.states.splice(0));
    } else if (message.type === "listening") {
      instance.keys.push(message.key);
      if (handle) this.#sockets.add(message.key, handle);
      this.#judgeReady(instance);
    } else if (message.type === "closed" && instance.state === "ready") this.#sockets.remove(message.key);
    else if (message.type === "ready") {
      this.#saysReady = true;
      instance.saidReady = true;
      this.#judgeReady(instance);
    } else if (message.type === "units" && slot) slot.wanted ??= `${message.count} units are done (--restart-after)`;
    else if (message.type === "replace" && slot?.current === instance) slot.wanted ??= message.why;
    else if (message.type === "drained") this.#takeDrained(instance, message.states, message.failures);
  }

  #judgeReady(instance: Instance): void {
    if (instance.state === "starting" && isReady(instance, this.#sockets.keys, this.#saysReady, this.#isSilent))
      this.#becomeReady(instance);
  }

  #becomeReady(instance: Instance): void {
    const slot = this.#slots.find(({ current, next }) => current === instance || next === instance);
    if (!slot) return;
    const nowMs = this.#clock.now();
    instance.state = "ready";
    instance.readyAtMs = nowMs;
    instance.line.clear();
    this.#isSilent = this.#sockets.keys.length === 0;
    slot.backoff.noteReady();
    this.#times.learnStart(nowMs - slot.decidedAtMs);
    const { number, pid, ageMs, keys } = instance;
    this.#topics.ready.emit(() => ({ instance: number, pid, afterMs: ageMs, listensOn: keys }));
    for (const other of this.#slots) {
      if (!other.waitsForFirst) continue;
      other.waitsForFirst = false;
      this.#track(this.#launchSafely(other, "first start"));
    }
    if (slot.next !== instance) return;
    const old = slot.current;
    slot.current = instance;
    slot.next = undefined;
    if (old) this.#retire(old);
  }

  #retire(old: Instance): void {
    this.#draining.add(old);
    old.drain(old.endedFor ?? "replaced", this.#drainMs);
  }

  /** Nothing is in flight any more: the state goes on, the process ends. */
  #takeDrained(instance: Instance, states: readonly HandedState[], failures: readonly string[]): void {
    instance.drainedAtMs = this.#clock.now();
    const slot = this.#slots.find(({ retired }) => retired.has(instance));
    if (states.length > 0) {
      const heir = slot?.current === instance ? undefined : slot?.current;
      if (heir?.reachedPid !== undefined) heir.give(states);
      else slot?.states.push(...states);
    }
    for (const failure of failures) this.#say(`Instance ${instance.number} handed no state over: ${failure}`);
    instance.signal("SIGTERM");
  }

  #look(): void {
    const nowMs = this.#clock.now();
    const elapsedMs = this.#lookedAtMs === 0 ? LOOK_MS : nowMs - this.#lookedAtMs;
    this.#lookedAtMs = nowMs;
    const living = this.#living();
    this.#reaper?.look(nowMs, [...living.map(({ pid }) => pid), this.#guardian.pid]);
    for (const instance of living) instance.look(nowMs, this.limit.bytes, elapsedMs);
    const totalBytes = living.reduce((sum, { rssBytes }) => sum + rssBytes, process.memoryUsage.rss());
    for (const instance of this.#draining) press(instance, this.limit, totalBytes, nowMs);
    const stayingBytes = [...this.#draining].reduce((sum, { rssBytes }) => sum - rssBytes, totalBytes);
    for (const slot of this.#slots) this.#lookAt(slot, nowMs, stayingBytes);
  }

  #lookAt(slot: Slot, nowMs: number, stayingBytes: number): void {
    const { current, next } = slot;
    for (const instance of [current, next]) {
      if (instance?.state !== "starting") continue;
      this.#judgeReady(instance);
      if (instance.state === "starting" && instance === next && instance.ageMs >= this.#readyMs) {
        slot.retryAtMs = nowMs + RETRY_MS;
        this.#say(unreadyWords(instance, current, RETRY_MS));
        instance.kill();
      }
    }
    if (current?.state !== "ready" || next || slot.isStarting || this.#isStopping || nowMs < slot.retryAtMs) return;
    if (nowMs - (current.readyAtMs ?? 0) < FRESH_MS) slot.freshBytes = current.rssBytes;
    const { limit } = this;
    const { restartAfter } = this.#options;
    const judged = judgeInstance(current, { stayingBytes, limit, restartAfter, slot, leadMs: this.#times.leadMs });
    if (judged?.isHopeless === true) {
      slot.retryAtMs = nowMs + HOPELESS_MS;
      this.#say(judged.why);
      return;
    }
    const why = slot.wanted ?? judged?.why;
    if (why !== undefined) this.#replace(slot, current, why, slot.endsFirst || judged?.endsFirst === true);
  }

  #replace(slot: Slot, old: Instance, why: string, endsFirst: boolean): void {
    slot.wanted = undefined;
    old.endedFor = why;
    slot.retired.add(old);
    const { number: instance, pid, rssBytes, line } = old;
    const { bytes: limitBytes } = this.limit;
    this.#topics.replace.emit(() => ({
      instance,
      pid,
      why,
      rssBytes,
      bytesPerSecond: line.bytesPerSecond,
      limitBytes,
    }));
    if (endsFirst) this.#retire(old);
    else this.#track(this.#launchSafely(slot, `replaces instance ${instance}: ${why}`));
  }

  async #launchSafely(slot: Slot, why: string): Promise<void> {
    try {
      await this.#launch(slot, why);
    } catch (error) {
      slot.retryAtMs = this.#clock.now() + RETRY_MS;
      this.#say(error instanceof Error ? error.message : String(error));
      if (!slot.current && !this.#isStopping) slot.restartIn(this.#clock, RETRY_MS, () => this.#restart(slot));
    }
  }

  #restart(slot: Slot): void {
    this.#track(this.#launchSafely(slot, "started again"));
  }

  async #leave(instance: Instance, exit: ExitRecord): Promise<void> {
    this.#guardian.remove(instance.pid);
    this.#lastExit = exit;
    const slot = this.#slots.find(({ current, next, retired }) => {
      return current === instance || next === instance || retired.has(instance);
    });
    const wasNext = slot?.next === instance;
    const wasDraining = this.#draining.delete(instance);
    const isOurs = instance.endedFor !== undefined && (wasDraining || this.#isStopping);
    slot?.retired.delete(instance);
    if (slot?.current === instance) slot.current = undefined;
    if (wasNext) slot.next = undefined;
    if (wasDraining && instance.drainedAtMs !== undefined && !instance.wasKilled) {
      this.#times.learnDrain(instance.drainingMs);
    }
    const how = isOurs ? (this.#isStopping ? "stopped" : "replaced") : exit.code === 0 ? "ended" : "crashed";
    if (slot && !this.#isStopping) this.#follow(slot, instance, exit, how, wasNext);
    const report = await instance.watch?.conclude(exit);
    this.#topics.end.emit(() => endOf(instance, exit, how, report));
    this.#settle(exit);
  }

  /** What comes after an instance. */
  #follow(slot: Slot, instance: Instance, exit: ExitRecord, how: InstanceEnd["how"], wasNext: boolean): void {
    if (wasNext) {
      slot.retryAtMs = this.#clock.now() + RETRY_MS;
      if (slot.current) {
        slot.endsFirst ||= this.#sockets.keys.length === 0 && instance.state !== "ready" && !instance.wasKilled;
        this.#say(failedReplacementWords(instance, slot.current, exit, RETRY_MS, slot.endsFirst));
      } else this.#restart(slot);
      return;
    }
    if (how === "replaced") {
      if (!slot.current && !slot.next && !slot.isStarting) this.#restart(slot);
      return;
    }
    if (slot.next ?? slot.current) return;
    if (how === "ended") {
      this.#finish(slot);
      return;
    }
    const after = slot.backoff.crash(instance.ageMs);
    if ("giveUp" in after) this.#finish(slot);
    else slot.restartIn(this.#clock, after.waitMs, () => this.#restart(slot));
    this.#say(crashWords(this.#name, instance, exit, after, slot.backoff.crashes));
  }

  /** Its program has ended for good; those that waited for its sockets would wait for ever. */
  #finish(slot: Slot): void {
    slot.isFinished = true;
    for (const other of this.#slots) other.isFinished ||= other.waitsForFirst;
  }

  /** Everything has ended when no instance lives and none will be started. */
  #settle(exit: ExitRecord): void {
    const isDone = this.#isStopping || this.#slots.every(({ isFinished }) => isFinished);
    const isQuiet = this.#living().length === 0 && this.#slots.every(({ isStarting }) => !isStarting);
    if (this.#isOver || !isDone || !isQuiet) return;
    this.#isOver = true;
    this.#close();
    // Reports of the others that ended at the same time.
    void Promise.allSettled(this.#tasks).then(() => this.#resolve(exit));
  }

  #close(): void {
    this.#timer?.[Symbol.dispose]();
    this.#sockets[Symbol.dispose]();
    this.#guardian[Symbol.dispose]();
    this.#directory.remove({ keepPreload: false });
  }

  #track(task: Promise<void>): void {
    const held = task.finally(() => this.#tasks.delete(held));
    this.#tasks.add(held);
  }

  #say(sentence: string): void {
    this.#topics.trouble.emit(() => ({ sentence }));
  }
}
