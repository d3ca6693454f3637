/**
 * One instance of the program: started with the sockets of the one before it, read from outside, drained
 * and ended. Its stdin, stdout and stderr are the supervisor's own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { dirname, join } from "node:path";
import type { Clock } from "../base/clock.ts";
import {
  type HandedState,
  type InstanceMessage,
  SUPERVISED_VARIABLE,
  type SupervisedStart,
  SUPERVISION_MARK,
  type SupervisionEnvelope,
  type SupervisorMessage,
} from "../base/supervision.ts";
import { startFailure } from "../monitor/remote/launch.ts";
import { appendPreload } from "../monitor/remote/node-options.ts";
import type { ExitRecord } from "../monitor/remote/recording.ts";
import { listDescendants } from "../probe/process.ts";
import { InstanceWatch, type WatchOptions } from "./instance-watch.ts";
import { ReplacementLine } from "./replacement-line.ts";
import { isListeningHandle, type ListeningHandle, type SharedSockets } from "./shared-sockets.ts";
import { TreeReader } from "./tree-reader.ts";

/** What is left of the time for draining to the program's own handlers of SIGTERM, whatever is still in flight. */
const LAST_WORDS_RATIO = 0.2;
const MOST_LAST_WORDS_MS = 2_000;

/** How an instance is started. */
export interface InstanceOptions extends WatchOptions {
  /** From 1. */
  readonly number: number;
  readonly command: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly sockets: SharedSockets;
  /** The preload's file and the folder for states. */
  readonly preloadFile: string;
  readonly folder: string;
  readonly drainMs: number;
  readonly unitLimit?: number;
  readonly clock: Clock;
}

/** What the supervisor is told. */
export interface InstanceEvents {
  message(instance: Instance, message: InstanceMessage, handle: ListeningHandle | undefined): void;
  exit(instance: Instance, exit: ExitRecord): void;
}

/** Where it stands in its life. */
export type InstanceState = "starting" | "ready" | "draining" | "ended";

/** A running instance. */
export class Instance {
  readonly number: number;
  readonly pid: number;
  readonly startedAtMs: number;
  readonly watch: InstanceWatch | undefined;
  /** Where its memory leads. */
  readonly line = new ReplacementLine();
  state: InstanceState = "starting";
  readyAtMs: number | undefined;
  /** True once the program has said so itself. */
  saidReady = false;
  drainingSinceMs: number | undefined;
  drainedAtMs: number | undefined;
  /** The process from which the preload has answered: this one, or one that a launcher such as npm has started. */
  reachedPid: number | undefined;
  /** What it has listened on so far. */
  readonly keys: string[] = [];
  rssBytes = 0;
  peakRssBytes = 0;
  /** How long it was seen above its limit. */
  overLimitMs = 0;
  /** Why it is or was ended by us. */
  endedFor: string | undefined;
  wasKilled = false;
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  readonly #reader: TreeReader;
  #deadline: Disposable | undefined;
  #endedAtMs: number | undefined;

  private constructor(child: ChildProcess, pid: number, watch: InstanceWatch | undefined, options: InstanceOptions) {
    this.#child = child;
    this.#clock = options.clock;
    this.number = options.number;
    this.pid = pid;
    this.startedAtMs = options.clock.now();
    this.watch = watch;
    this.#reader = new TreeReader(pid);
  }

  /**
   * Starts one.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_START_FAILED` with `details.reason` "not-found" or "not-executable".
   */
  static async start(options: InstanceOptions, events: InstanceEvents): Promise<Instance> {
    const [program = "", ...args] = options.command;
    const watch = await InstanceWatch.open(options);
    const env = watch?.environment(options.env) ?? options.env;
    let child: ChildProcess;
    try {
      child = spawn(program, args, {
        env: addSupervision(env, options),
        cwd: options.cwd,
        stdio: ["inherit", "inherit", "inherit", "ipc", ...options.sockets.descriptors()],
      });
      await new Promise<void>((resolve, reject) => {
        child.once("spawn", resolve);
        child.on("error", reject);
      });
    } catch (error) {
      await watch?.close();
      throw startFailure(program, error);
    }
    const instance = new Instance(child, child.pid ?? 0, watch, options);
    watch?.attach(instance.pid);
    child.on("internalMessage", (message: unknown, handle: unknown) => {
      const { cmd, plimsoll } = (message ?? {}) as Partial<SupervisionEnvelope>;
      if (cmd !== SUPERVISION_MARK || plimsoll === undefined) return;
      // Written by our own preload.
      events.message(instance, plimsoll as InstanceMessage, isListeningHandle(handle) ? handle : undefined);
    });
    child.on("message", (message) => {
      if (message === "ready") events.message(instance, { type: "ready" }, undefined);
    });
    child.once("exit", (code, signal) => {
      instance.state = "ended";
      instance.#endedAtMs = options.clock.now();
      instance.#deadline?.[Symbol.dispose]();
      instance.#reader[Symbol.dispose]();
      events.exit(instance, { code, signal });
    });
    return instance;
  }

  /** How long it has lived. */
  get ageMs(): number {
    return (this.#endedAtMs ?? this.#clock.now()) - this.startedAtMs;
  }

  /** From the order to drain until nothing was in flight; `undefined` where it never said so. */
  get drainMs(): number | undefined {
    const { drainingSinceMs, drainedAtMs } = this;
    return drainingSinceMs === undefined || drainedAtMs === undefined ? undefined : drainedAtMs - drainingSinceMs;
  }

  /** From the order to drain until now, or its end. */
  get drainingMs(): number {
    return (this.#endedAtMs ?? this.#clock.now()) - (this.drainingSinceMs ?? this.startedAtMs);
  }

  /** Reads its memory. */
  look(nowMs: number, limitBytes: number, elapsedMs: number): void {
    const bytes = this.#reader.read(nowMs);
    if (bytes === undefined) return;
    this.rssBytes = bytes;
    this.peakRssBytes = Math.max(this.peakRssBytes, bytes);
    this.line.add(nowMs, bytes);
    if (bytes > limitBytes) this.overLimitMs += elapsedMs;
  }

  /** Asks it to drain; what will not end is killed when the time is over. */
  drain(why: string, deadlineMs: number): void {
    if (this.state === "draining" || this.state === "ended") return;
    this.state = "draining";
    this.drainingSinceMs = this.#clock.now();
    this.endedFor = why;
    this.killAfter(deadlineMs);
    const ownWordsMs = Math.min(MOST_LAST_WORDS_MS, LAST_WORDS_RATIO * deadlineMs);
    if (this.reachedPid !== undefined) this.#tell({ type: "drain", deadlineMs: deadlineMs - ownWordsMs });
    else this.signal("SIGTERM");
  }

  /** Memory is short while it drains. */
  hasten(): void {
    this.#tell({ type: "hasten" });
  }

  /** Gives it what the instance before has handed over. */
  give(states: readonly HandedState[]): void {
    this.#tell({ type: "states", states });
  }

  /** Sends a signal to the program itself, not to what has launched it: that ends with it. */
  signal(signal: NodeJS.Signals): void {
    if (this.state === "ended") return;
    if (this.reachedPid === undefined || this.reachedPid === this.pid) this.#child.kill(signal);
    else killOne(this.reachedPid, signal);
  }

  /** Kills it and what it has started, unless it ends before. */
  killAfter(ms: number): void {
    this.#deadline?.[Symbol.dispose]();
    this.#deadline = this.#clock.every(Math.max(1, ms), () => this.kill());
  }

  /** Kills it and what it has started. */
  kill(): void {
    if (this.state === "ended") return;
    this.wasKilled = true;
    const below = listDescendants(this.pid);
    this.#child.kill("SIGKILL");
    for (const { pid } of below) killOne(pid, "SIGKILL");
  }

  #tell(plimsoll: SupervisorMessage): void {
    if (!this.#child.connected) return;
    const envelope: SupervisionEnvelope = { cmd: SUPERVISION_MARK, plimsoll };
    this.#child.send(envelope, () => {
      // It has just ended.
    });
  }
}

function killOne(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended.
  }
}

function addSupervision(env: NodeJS.ProcessEnv, options: InstanceOptions): NodeJS.ProcessEnv {
  const { number, sockets, folder, unitLimit, drainMs, preloadFile } = options;
  const start: SupervisedStart = {
    instance: number,
    supervisorPid: process.pid,
    sockets: sockets.inherited(),
    folder,
    drainMs,
    ...(unitLimit === undefined ? {} : { unitLimit }),
  };
  return {
    ...env,
    NODE_OPTIONS: appendPreload(env["NODE_OPTIONS"], join(dirname(preloadFile), "supervised.cjs")),
    [SUPERVISED_VARIABLE]: JSON.stringify(start),
  };
}
