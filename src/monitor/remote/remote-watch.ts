/**
 * Watches a program that carries the preload, and all that it starts: listens on a private socket (one
 * connection is one thread), polls the tree from outside, asks for profiles by schedule, and keeps the
 * recording. It does nothing to the program but to answer; when the watcher dies the program goes on.
 */
import { createServer, type Server, type Socket } from "node:net";
import { type Clock, systemClock } from "../../base/clock.ts";
import { type FatalMessage, type PreloadMessage, SOCKET_VARIABLE, type WatcherRequest } from "../../base/wire.ts";
import { LineSplitter, parseMessage } from "./messages.ts";
import { appendPreload } from "./node-options.ts";
import { ProcessTable, type WatchedProcess } from "./process-table.ts";
import { ProfileSchedule } from "./profile-schedule.ts";
import type { RecordedLimit, Recording } from "./recording.ts";
import { makeRunDirectory, type RunDirectory } from "./run-directory.ts";
import { SourcePositions } from "./source-positions.ts";
import { ThreadRecorder } from "./thread-recorder.ts";

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
  /** Where the private directory may lie. Default: the system's temporary directory, then `/tmp`. */
  readonly directories?: readonly string[];
}

/** One thread that is connected. */
interface Connection {
  readonly socket: Socket;
  readonly recorder: ThreadRecorder;
  readonly process: WatchedProcess;
  readonly schedule: ProfileSchedule;
}

const MAX_CONNECTIONS = 2000;
/** Only the largest heaps are asked for profiles. */
const MAX_PROFILED = 8;
const MAX_THREADS_KEPT = 64;
const MAX_WORKER_FATALS = 20;
const SETTLE_STEP_MS = 10;
/** A worker's preload answers in well under this. */
const WORKER_ANSWER_MS = 2000;

/** Keeps the {@link Recording} of a program and everything that it starts. */
export class RemoteWatch implements AsyncDisposable {
  /** Live: its objects and lists change in place. */
  readonly recording: Recording;
  readonly #directory: RunDirectory;
  readonly #server: Server;
  readonly #clock: Clock;
  readonly #options: RemoteWatchOptions;
  readonly #table: ProcessTable;
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Map<Socket, Connection>();
  readonly #listeners = new Set<() => void>();
  readonly #positions = new SourcePositions();
  readonly #cpuAtStart = process.cpuUsage();
  /** Workers that were started and have not answered yet. */
  readonly #awaited = new Set<{ readonly starter: Connection; readonly threadId: number; readonly dueAtMs: number }>();
  #endedInTargetCpuMs = 0;
  #timer: Disposable | undefined;
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
    return {
      ...base,
      NODE_OPTIONS: appendPreload(base["NODE_OPTIONS"], this.#directory.preloadFile),
      [SOCKET_VARIABLE]: this.#directory.socketPath,
      ...(sampleIntervalMs === undefined ? {} : { PLIMSOLL_INTERVAL_MS: String(sampleIntervalMs) }),
      ...(allowProfiles === false ? { PLIMSOLL_PROFILES: "off" } : {}),
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
    this.#listeners.clear();
    this.#table.poll(this.#clock.now());
    // They may start others yet, whose inherited NODE_OPTIONS name the preload.
    const keepPreload = this.#table.livePids().length > 0;
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
      this.#connections.set(socket, { socket, recorder, process: watched, schedule });
      return;
    }
    if (message.type === "fatal" && message.workerId !== undefined) {
      noteWorker(connection.process, message);
      return;
    }
    connection.recorder.add(message);
    if (message.type === "sample") this.#table.addOwnReading(connection.process, message.timeMs, message.rssBytes);
    if (message.type === "collections") for (const major of message.majors) connection.schedule.observe(major);
    if (message.type === "worker" && this.#awaited.size < MAX_CONNECTIONS) {
      this.#awaited.add({ starter: connection, threadId: message.threadId, dueAtMs: nowMs + WORKER_ANSWER_MS });
    }
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
    this.#judgeAwaited(nowMs);
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

  /** A worker without a preload is seen only as a part of its process: say so where its starter is recorded. */
  #judgeAwaited(nowMs: number): void {
    for (const one of this.#awaited) {
      if (nowMs < one.dueAtMs) continue;
      this.#awaited.delete(one);
      const { recorder, process: watched } = one.starter;
      if (watched.recording.threads.some(({ threadId }) => threadId === one.threadId)) continue;
      const what = `worker ${one.threadId} is unobserved: it was started with an environment of its own`;
      recorder.add({ type: "trouble", timeMs: nowMs, what });
    }
  }

  #isDraining(): boolean {
    if (this.#sockets.size > this.#connections.size) return true;
    return [...this.#connections.values()].some((one) => this.#table.hasEnded(one.process));
  }

  #notify(): void {
    for (const listener of this.#listeners) listener();
  }
}

/** Told by the thread that started the worker: one that runs out of memory says nothing more itself. */
function noteWorker({ recording }: WatchedProcess, { type: _, ...fatal }: FatalMessage): void {
  recording.workerFatals = [...(recording.workerFatals ?? []), fatal].slice(-MAX_WORKER_FATALS);
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
