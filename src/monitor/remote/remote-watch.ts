/**
 * Watches a program that carries the preload, and all that it starts: listens on a private socket (one
 * connection is one thread), polls the tree from outside, asks for profiles by schedule, and keeps the
 * recording. It does nothing to the program but to answer; when the watcher dies the program goes on.
 */
import { createServer, type Server, type Socket } from "node:net";
import { type Clock, systemClock } from "../../base/clock.ts";
import { type ExperimentName, type PreloadMessage, SOCKET_VARIABLE, type WatcherRequest } from "../../base/wire.ts";
import { Experiments } from "./experiments.ts";
import type { BoardingPass } from "./attach/boarding.ts";
import { LineSplitter, parseMessage } from "./messages.ts";
import { NativeWatch, uncountedBytes } from "./native-watch.ts";
import { appendPreload } from "./node-options.ts";
import { MAX_PAUSE_MS, predictExperimentMs } from "./pause.ts";
import { ProcessTable, type WatchedProcess } from "./process-table.ts";
import { ProfileSchedule } from "./profile-schedule.ts";
import type { ExperimentResult, RecordedLimit, Recording } from "./recording.ts";
import { makeRunDirectory, type RunDirectory } from "./run-directory.ts";
import { SourcePositions } from "./source-positions.ts";
import { ThreadRecorder } from "./thread-recorder.ts";
import { WorkerNotes } from "./worker-notes.ts";

/** How to watch. */
export interface RemoteWatchOptions {
  /** Base names of program and script. */
  readonly command: string;
  readonly limit: RecordedLimit;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Milliseconds between samples, inside and outside. Default: 500. */
  readonly sampleIntervalMs?: number;
  /** Whether profiles may be asked for, each of which forces a collection. Default: true. */
  readonly allowProfiles?: boolean;
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

/** One thread that is connected. */
interface Connection {
  readonly socket: Socket;
  readonly recorder: ThreadRecorder;
  readonly process: WatchedProcess;
  readonly schedule: ProfileSchedule;
  heardAtMs: number;
}

const MAX_CONNECTIONS = 2000;
/** Only the largest heaps are asked for profiles. */
const MAX_PROFILED = 8;
const MAX_THREADS_KEPT = 64;
const MAX_EXPERIMENTS = 50;
/** A thread that has sent no sample for so long, and for four intervals, is silent. */
const SILENT_MS = 2000;
const SETTLE_STEP_MS = 10;

/** Keeps the {@link Recording} of a program and everything that it starts. */
export class RemoteWatch implements AsyncDisposable {
  /** Live: its objects and lists change in place. */
  readonly recording: Recording;
  readonly #directory: RunDirectory;
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #options: RemoteWatchOptions;
  readonly #table: ProcessTable;
  readonly #native: NativeWatch;
  readonly #experiments: Experiments;
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Map<Socket, Connection>();
  readonly #listeners = new Set<() => void>();
  readonly #positions = new SourcePositions();
  readonly #cpuAtStart = process.cpuUsage();
  readonly #workers = new WorkerNotes();
  #endedInTargetCpuMs = 0;
  #tickedAtMs = 0;
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
    server.on("connection", (socket) => watch.#accept(socket));
    try {
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject).listen(directory.socketPath, resolve);
      });
    } catch (error) {
      directory.remove({ keepPreload: false });
      throw error;
    }
    server.unref();
    watch.#timer = watch.#clock.every(options.sampleIntervalMs ?? 500, () => watch.#tick());
    return watch;
  }

  /** The environment to start the program with: the preload appended to NODE_OPTIONS, and the socket's path. */
  environment(base: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const { sampleIntervalMs, allowProfiles } = this.#options;
    this.#isInherited = true;
    return {
      ...base,
      NODE_OPTIONS: appendPreload(base["NODE_OPTIONS"], this.#directory.preloadFile),
      [SOCKET_VARIABLE]: this.#directory.socketPath,
      ...(sampleIntervalMs === undefined ? {} : { PLIMSOLL_INTERVAL_MS: String(sampleIntervalMs) }),
      ...(allowProfiles === false ? { PLIMSOLL_PROFILES: "off" } : {}),
    };
  }

  /**
   * What `attachInspector` needs to bring the agent into a program that runs already.
   *
   * @param options - `isInherited`: its children shall carry the preload too, so that the file outlives this watch.
   */
  boardingPass(options: { readonly isInherited: boolean }): BoardingPass {
    const { sampleIntervalMs, allowProfiles } = this.#options;
    this.#isInherited ||= options.isInherited;
    return {
      socketPath: this.#directory.socketPath,
      preloadFile: this.#directory.preloadFile,
      ...(sampleIntervalMs === undefined ? {} : { intervalMs: sampleIntervalMs }),
      ...(allowProfiles === undefined ? {} : { mayProfile: allowProfiles }),
      ...options,
    };
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
    const connection = [...this.#connections.values()].find(
      (one) => one.process.recording.pid === pid && one.recorder.recording.threadId === threadId,
    );
    const refuse = (reason: string): ExperimentResult => {
      return { name, threadId, outcome: "refused", timeMs: this.#clock.now(), pauseMs: 0, reason };
    };
    if (connection === undefined) return refuse(`no preload answers from thread ${threadId} of process ${pid}`);
    const { socket, process: watched } = connection;
    const pauseMs = predictExperimentMs(
      name,
      connection.schedule.predictPauseMs(usedBytes(connection)),
      uncountedBytes(watched.recording),
    );
    const koffi = name === "trim" ? this.#native.findKoffi(watched) : undefined;
    let result: ExperimentResult;
    if (pauseMs > maxPauseMs) {
      result = refuse(`it may stop the thread for ${Math.round(pauseMs)} ms, more than ${maxPauseMs} ms`);
    } else if (koffi && "reason" in koffi) {
      result = refuse(koffi.reason);
    } else {
      const given = koffi === undefined ? {} : { koffi: koffi.path };
      result = await this.#experiments.start({ name, threadId, timeoutMs, connection: socket }, (id) =>
        write(socket, { type: "experiment", id, name, ...given }),
      );
    }
    watched.recording.experiments = [...(watched.recording.experiments ?? []), result].slice(-MAX_EXPERIMENTS);
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
    this.#listeners.clear();
    this.#table.poll(this.#clock.now());
    // They may start others yet, whose inherited NODE_OPTIONS name the preload.
    const keepPreload = this.#isInherited && this.#table.livePids().length > 0;
    return new Promise((resolve) => {
      this.#server.close(() => {
        this.#directory.remove({ keepPreload });
        resolve();
      });
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  /** The same as {@link RemoteWatch.close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.unref();
    const splitter = new LineSplitter();
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      const lines = splitter.push(chunk);
      if (lines === undefined) socket.destroy();
      for (const line of lines ?? []) {
        const message = parseMessage(line);
        if (message !== undefined) this.#receive(socket, message);
      }
    });
    // A program that dies closes its end in whatever way.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#leave(socket));
  }

  #receive(socket: Socket, message: PreloadMessage): void {
    const nowMs = this.#clock.now();
    const connection = this.#connections.get(socket);
    if (connection === undefined) {
      if (message.type !== "hello") return;
      const watched = this.#table.greet(message, nowMs);
      const recorder = new ThreadRecorder(message, this.#positions);
      keepThread(watched, recorder);
      const schedule = new ProfileSchedule(message.timeMs);
      this.#connections.set(socket, { socket, recorder, process: watched, schedule, heardAtMs: nowMs });
      if (message.threadId !== 0) this.#workers.answer(watched);
      return;
    }
    if (message.type === "fatal" && message.workerId !== undefined) {
      this.#workers.die(connection.process, message);
      return;
    }
    connection.heardAtMs = nowMs;
    delete connection.recorder.recording.silentSinceMs;
    if (message.type === "allocator") this.#native.add(connection.process, message, nowMs);
    if (message.type === "experiment") this.#experiments.add(message);
    connection.recorder.add(message);
    if (message.type === "sample") this.#table.addOwnReading(connection.process, message.timeMs, message.rssBytes);
    if (message.type === "collections") for (const major of message.majors) connection.schedule.observe(major);
    if (message.type === "worker") this.#workers.start(connection, message.threadId, nowMs);
    if (message.type === "profile") {
      connection.schedule.answer(nowMs, message.collection, message);
      this.#notify();
    }
  }

  #leave(socket: Socket): void {
    this.#sockets.delete(socket);
    const connection = this.#connections.get(socket);
    if (connection === undefined) return;
    this.#connections.delete(socket);
    this.#experiments.leave(socket);
    const { recorder } = connection;
    this.#endedInTargetCpuMs += recorder.ownCpuMs;
    recorder.recording.endedAtMs ??= this.#clock.now();
    if (recorder.recording.threadId === 0 && this.#table.hasEnded(connection.process)) {
      this.#table.end(connection.process.recording.pid, this.#clock.now());
    }
  }

  #tick(): void {
    const nowMs = this.#clock.now();
    this.#table.poll(nowMs);
    this.#workers.judge(nowMs);
    this.#judgeSilence(nowMs);
    this.#native.tick(nowMs, this.#table.live(), (watched, request) => this.#askMain(watched, request));
    if (this.#options.allowProfiles !== false) this.#askForProfiles(nowMs);
    const cpu = process.cpuUsage(this.#cpuAtStart);
    let inTargetCpuMs = this.#endedInTargetCpuMs;
    for (const { recorder } of this.#connections.values()) inTargetCpuMs += recorder.ownCpuMs;
    Object.assign(this.recording.own, {
      cpuMs: (cpu.user + cpu.system) / 1000,
      rssBytes: process.memoryUsage.rss(),
      inTargetCpuMs,
    });
    this.#notify();
  }

  #askForProfiles(nowMs: number): void {
    const bySize = [...this.#connections.values()].sort((a, b) => usedBytes(b) - usedBytes(a));
    for (const [index, connection] of bySize.entries()) {
      if (index >= MAX_PROFILED && !connection.schedule.isPrecise) continue;
      const request = connection.schedule.next(nowMs, usedBytes(connection));
      if (request?.type === "relax") this.#relax(connection.process, request);
      else if (request !== undefined) write(connection.socket, request);
    }
  }

  /** V8's flags are the process's: they go on again with the last thread that needs them off, and then in all. */
  #relax(watched: WatchedProcess, request: WatcherRequest): void {
    const threads = [...this.#connections.values()].filter((one) => one.process === watched);
    if (threads.some(({ schedule }) => schedule.isPrecise)) return;
    for (const { socket } of threads) write(socket, request);
  }

  /** The turn of a silent thread's event loop lasts. When this process itself was held up, nobody is blamed. */
  #judgeSilence(nowMs: number): void {
    const leastMs = Math.max(SILENT_MS, 4 * (this.#options.sampleIntervalMs ?? 500));
    const wasHeldUp = nowMs - this.#tickedAtMs > leastMs / 2;
    this.#tickedAtMs = nowMs;
    if (wasHeldUp) return;
    for (const { heardAtMs, recorder } of this.#connections.values()) {
      if (nowMs - heardAtMs >= leastMs) recorder.recording.silentSinceMs ??= heardAtMs;
    }
  }

  #askMain(watched: WatchedProcess, request: WatcherRequest): boolean {
    for (const one of this.#connections.values()) {
      if (one.process !== watched || one.recorder.recording.threadId !== 0) continue;
      write(one.socket, request);
      return true;
    }
    return false;
  }

  #isDraining(): boolean {
    if (this.#sockets.size > this.#connections.size) return true;
    return [...this.#connections.values()].some((one) => this.#table.hasEnded(one.process));
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

function usedBytes({ recorder }: Connection): number {
  return recorder.recording.samples.at(-1)?.heapUsedBytes ?? 0;
}

function write(socket: Socket, request: WatcherRequest): void {
  if (socket.writable) socket.write(`${JSON.stringify(request)}\n`);
}

/** Programs that start workers by the thousand are kept to the newest; the main thread always stays. */
function keepThread({ recording }: WatchedProcess, recorder: ThreadRecorder): void {
  const { threads } = recording;
  threads.push(recorder.recording);
  if (threads.length <= MAX_THREADS_KEPT) return;
  const oldest = threads.findIndex((thread) => thread.threadId !== 0 && thread.endedAtMs !== undefined);
  if (oldest >= 0) threads.splice(oldest, 1);
}
