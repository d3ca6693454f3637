/**
 * Watches a program that carries the preload, and all that it starts: listens on a private socket (one
 * connection is one thread), polls the tree from outside, asks for profiles by schedule, and keeps the
 * recording. It does nothing to the program but to answer; when the watcher dies the program goes on.
 */
import { createServer, type Server } from "node:net";
import { type Clock, systemClock } from "../../base/clock.ts";
import type { ExperimentName } from "../../base/wire.ts";
import type { BoardingPass } from "./attach/boarding.ts";
import { Connections, MAX_CONNECTIONS } from "./connections.ts";
import { permitExperiment } from "./experiment-permit.ts";
import { Experiments } from "./experiments.ts";
import { HeapCaptures, type HeapQuestions } from "./heap-capture.ts";
import { NativeWatch } from "./native-watch.ts";
import { makeBoardingPass, makeEnvironment, type PassageOptions } from "./passage.ts";
import { MAX_PAUSE_MS } from "./pause.ts";
import { ProcessTable } from "./process-table.ts";
import { askForProfiles } from "./profile-requests.ts";
import type { ExperimentResult, RecordedLimit, Recording } from "./recording.ts";
import { Reception } from "./reception.ts";
import { makeRunDirectory, type RunDirectory } from "./run-directory.ts";
import { WorkerNotes } from "./worker-notes.ts";

/** How to watch. */
export interface RemoteWatchOptions extends PassageOptions {
  /** Base names of program and script. */
  readonly command: string;
  /** The limit to report against. */
  readonly limit: RecordedLimit;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Whether glibc's account is asked for from the start on, not only when memory grew that V8 does not count. Default: false. */
  readonly native?: boolean;
  /** Where the private directory may lie. Default: the system's temporary directory, then `/tmp`. */
  readonly directories?: readonly string[];
}

/** How to try something on a program. */
export interface ExperimentOptions {
  /** Default: 0, the main thread. */
  readonly threadId?: number;
  /** What is predicted to stop the thread for longer is refused. Default: 200. */
  readonly maxPauseMs?: number;
}

const SAMPLE_INTERVAL_MS = 500;
const MAX_EXPERIMENTS = 50;
const SETTLE_STEP_MS = 10;

/** Keeps the {@link Recording} of a program and everything that it starts. */
export class RemoteWatch implements AsyncDisposable {
  /** Live: its objects and lists change in place. */
  readonly recording: Recording;
  /** Sizes, censuses and snapshots of heaps. */
  readonly captures: HeapQuestions;
  readonly #directory: RunDirectory;
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #options: RemoteWatchOptions;
  readonly #table: ProcessTable;
  readonly #native: NativeWatch;
  readonly #experiments: Experiments;
  readonly #captures: HeapCaptures;
  readonly #connections: Connections;
  readonly #listeners = new Set<() => void>();
  readonly #cpuAtStart = process.cpuUsage();
  readonly #workers = new WorkerNotes();
  #timer: Disposable | undefined;
  /** True when started programs hand the preload's path down to their children. */
  #isInherited = false;
  #isClosed = false;

  private constructor(options: RemoteWatchOptions, directory: RunDirectory, server: Server) {
    this.#options = options;
    this.#directory = directory;
    this.#server = server;
    this.#clock = options.clock ?? systemClock;
    this.recording = {
      schema: "plimsoll.recording/1",
      command: options.command,
      startedAtMs: this.#clock.now(),
      limit: options.limit,
      processes: [],
      own: { cpuMs: 0, rssBytes: 0, inTargetCpuMs: 0 },
    };
    this.#table = new ProcessTable(this.recording);
    this.#native = new NativeWatch(this.recording, options.native ?? false);
    this.#experiments = new Experiments(this.#clock);
    const [table, native, experiments, workers] = [this.#table, this.#native, this.#experiments, this.#workers];
    const captures = (this.captures = this.#captures = new HeapCaptures(this.#clock, () => this.#connections.list()));
    const reception = new Reception({ table, native, experiments, captures, workers, notify: () => this.#notify() });
    this.#connections = new Connections(this.#clock, reception);
  }

  /**
   * Opens the private socket and begins to listen.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_UNWRITABLE` when no private directory can be made.
   */
  static async open(options: RemoteWatchOptions): Promise<RemoteWatch> {
    const directory = makeRunDirectory(options.directories);
    const server = createServer();
    const watch = new RemoteWatch(options, directory, server);
    server.maxConnections = MAX_CONNECTIONS;
    server.on("connection", (socket) => watch.#connections.accept(socket));
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject).listen(directory.socketPath, resolve);
      });
    } catch (error) {
      directory.remove({ keepPreload: false });
      throw error;
    }
    server.unref();
    watch.#timer = watch.#clock.every(options.sampleIntervalMs ?? SAMPLE_INTERVAL_MS, () => watch.#tick());
    return watch;
  }

  /** The environment to start the program with: the preload appended to NODE_OPTIONS, and the socket's path. */
  environment(base: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    this.#isInherited = true;
    return makeEnvironment(base, this.#directory, this.#options);
  }

  /**
   * What `attachInspector` needs to bring the agent into a program that runs already.
   *
   * @param options - `isInherited`: its children shall carry the preload too, so that the file outlives this watch.
   */
  boardingPass(options: { readonly isInherited: boolean }): BoardingPass {
    this.#isInherited ||= options.isInherited;
    return makeBoardingPass(options.isInherited, this.#directory, this.#options);
  }

  /** Says which process is the started command; its tree is measured from now on. */
  attachRoot(pid: number): void {
    this.#table.attachRoot(pid, this.#clock.now());
  }

  /** Calls `listener` after each change of the recording worth drawing: every sampling interval, and with each profile. */
  onUpdate(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /**
   * Tries something on a running program and records what it showed.
   *
   * @param pid - of a process of the tree from which a preload answered.
   * @param name - a forced collection, the end of an event-loop turn, or a trim of the allocator.
   * @param timeoutMs - how long to wait for the thread, which answers only between two turns of its event loop.
   */
  async experiment(
    pid: number,
    name: ExperimentName,
    timeoutMs: number,
    { threadId = 0, maxPauseMs = MAX_PAUSE_MS }: ExperimentOptions = {},
  ): Promise<ExperimentResult> {
    const connection = this.#connections
      .list()
      .find((one) => one.process.recording.pid === pid && one.threadId === threadId);
    const refuse = (reason: string): ExperimentResult => {
      return { name, threadId, outcome: "refused", timeMs: this.#clock.now(), pauseMs: 0, reason };
    };
    if (connection === undefined) return refuse(`no preload answers from thread ${threadId} of process ${pid}`);
    const { predictedMs, ...permit } = permitExperiment(connection, name, maxPauseMs, this.#native);
    const outcome =
      "reason" in permit
        ? refuse(permit.reason)
        : await this.#experiments.start({ name, threadId, timeoutMs, connection }, (id) =>
            connection.send({ type: "experiment", id, name, ...permit }),
          );
    const result = { ...outcome, predictedMs };
    connection.learnFrom(result);
    const { recording } = connection.process;
    recording.experiments = [...(recording.experiments ?? []), result].slice(-MAX_EXPERIMENTS);
    this.#notify();
    return result;
  }

  /**
   * After the command's end: takes what the ended threads have still sent, and dates the recording's end.
   *
   * @param deadlineMs - how long to wait at most. Sockets of processes that go on are not waited for.
   */
  async settle(deadlineMs: number): Promise<void> {
    const until = performance.now() + deadlineMs;
    // A program that connected in its last moment may still stand in the queue of new connections.
    for (let isFirst = true; isFirst || (this.#isDraining() && performance.now() < until); isFirst = false) {
      await new Promise((resolve) => setTimeout(resolve, SETTLE_STEP_MS));
    }
    this.#tick();
    this.recording.endedAtMs = this.#clock.now();
  }

  /** Stops watching. Programs that still live go on without noticing. */
  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    this.#timer?.[Symbol.dispose]();
    this.#experiments[Symbol.dispose]();
    this.#captures[Symbol.dispose]();
    this.#listeners.clear();
    this.#table.poll(this.#clock.now());
    // They may start others yet, whose inherited NODE_OPTIONS name the preload.
    const keepPreload = this.#isInherited && this.#table.livePids().length > 0;
    return new Promise((resolve) => {
      this.#server.close(() => {
        this.#directory.remove({ keepPreload });
        resolve();
      });
      this.#connections.close();
    });
  }

  /** The same as {@link RemoteWatch.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #tick(): void {
    const nowMs = this.#clock.now();
    this.#table.poll(nowMs);
    this.#workers.judge(nowMs);
    this.#connections.judgeSilence(nowMs, this.#options.sampleIntervalMs ?? SAMPLE_INTERVAL_MS);
    this.#native.tick(nowMs, this.#table.live(), (watched, request) => this.#connections.askMain(watched, request));
    if (this.#options.allowProfiles !== false) askForProfiles(this.#connections.list(), nowMs);
    const cpu = process.cpuUsage(this.#cpuAtStart);
    Object.assign(this.recording.own, {
      cpuMs: (cpu.user + cpu.system) / 1000,
      rssBytes: process.memoryUsage.rss(),
      inTargetCpuMs: this.#connections.ownCpuMs,
    });
    this.#notify();
  }

  #isDraining(): boolean {
    return this.#connections.hasStrangers || this.#connections.list().some((one) => this.#table.hasEnded(one.process));
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}
