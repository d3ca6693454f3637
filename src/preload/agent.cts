/**
 * The watcher's man on board: one for each thread of a watched program. It greets, sends a sample each
 * half second, hears collections, answers requests, and says at the end what is left. It prints
 * nothing, keeps nothing alive, throws nothing into the program, and takes its leave when the watcher is gone.
 */
import type { HeapMessage, PreloadMessage, ProfileMessage, WatcherRequest } from "../base/wire.ts" with {
  "resolution-mode": "import",
};
import type { Allocation as AllocationClass } from "./allocation.cts";
import type { Channel as ChannelClass } from "./channel.cts";
import type { Collections as CollectionsClass } from "./collections.cts";
import type {
  describeThread as DescribeThread,
  hasHeapProfiler as HasHeapProfiler,
  removeTraces as RemoveTraces,
} from "./surroundings.cts";
import type { HeapSpaces as HeapSpacesClass } from "./heap-spaces.cts";
import type { summarizeLedger as SummarizeLedger } from "./ledger.cts";
import type { Seldom as SeldomClass } from "./seldom.cts";
import type { summarize as Summarize } from "./sites.cts";

const { errorMonitor } = require("node:events") as typeof import("node:events");
const diagnostics = require("node:diagnostics_channel") as typeof import("node:diagnostics_channel");
const v8 = require("node:v8") as typeof import("node:v8");
const { Allocation } = require("./allocation.cjs") as { Allocation: typeof AllocationClass };
const { Channel } = require("./channel.cjs") as { Channel: typeof ChannelClass };
const { Collections } = require("./collections.cjs") as { Collections: typeof CollectionsClass };
const { describeThread, hasHeapProfiler, removeTraces } = require("./surroundings.cjs") as {
  describeThread: typeof DescribeThread;
  hasHeapProfiler: typeof HasHeapProfiler;
  removeTraces: typeof RemoveTraces;
};

const { setInterval, clearInterval } = globalThis;
const SAMPLE_INTERVAL_MS = 500;
/** A sample costs about 1.3 µs: 0.4 % of a core in a program that allocates 200 MB/s (bench/inlining.bench.ts). */
const SAMPLING_INTERVAL_BYTES = 64 << 10;
/** Node tells of each HTTP request here: http and https, and HTTP/2 streams where it has the channel. */
const REQUEST_CHANNELS = ["http.server.request.start", "http2.server.stream.start"];
/** The program's own ledger of `plimsoll/scope` tells here each second, where it has one. */
const LEDGER_CHANNEL = "plimsoll:ledger:report";
/** A last profile may delay the end by this much, and is not worth it for programs that hardly lived. */
const MAX_LAST_PAUSE_MS = 700;
const MIN_LIFE_MS = 300;
/** Collecting a heap of small objects took 0.5-0.8 ms/MB on Node 20, 22 and 24. */
const PAUSE_MS_PER_BYTE = 0.8 / 2 ** 20;
const FLUSH_DEADLINE_MS = 300;

/** What a program that was entered while it ran is told instead of finding it in its environment. */
interface Boarding {
  readonly intervalMs?: number;
  readonly mayProfile?: boolean;
  readonly onLeave?: () => void;
}

/**
 * Puts the agent on board of this thread.
 *
 * @param socketPath - the watcher's socket.
 * @param preloadFile - the file that NODE_OPTIONS names.
 * @param began - `process.hrtime()` before anything was loaded.
 * @param boarding - Default: what the environment says.
 */
function start(socketPath: string, preloadFile: string, began: [number, number], boarding: Boarding = {}): void {
  const env = process.env;
  const intervalMs = boarding.intervalMs || Number(env["PLIMSOLL_INTERVAL_MS"]) || SAMPLE_INTERVAL_MS;
  const mayProfile = boarding.mayProfile ?? env["PLIMSOLL_PROFILES"] !== "off";
  let requests = 0;
  let ownCpuMs = 0;
  let lastPauseMs = 0;
  let lastUsedBytes = 0;
  let allocation: AllocationClass | undefined;
  let collections: CollectionsClass | undefined;
  let spaces: HeapSpacesClass | undefined;
  let seldom: SeldomClass | undefined;
  let tickedAt = process.hrtime();

  const channel = new Channel(socketPath, timed(answer), leave);
  const send = (message: PreloadMessage): void => channel.send(message);

  attempt("sampling allocations", () => {
    if (!mayProfile || hasHeapProfiler()) return;
    allocation = new Allocation();
    allocation.start(SAMPLING_INTERVAL_BYTES);
  });
  attempt("hearing collections", () => {
    collections = new Collections();
    collections.start();
  });
  const count = (): void => void (requests += 1);
  for (const name of REQUEST_CHANNELS) diagnostics.subscribe(name, count);
  const hearLedger = timed(tellLedger);
  diagnostics.subscribe(LEDGER_CHANNEL, hearLedger);
  const greetWorker = (worker: import("node:worker_threads").Worker): void => {
    const { threadId } = worker;
    send({ type: "worker", timeMs: Date.now(), threadId });
    // Hears the error without counting as its handler: one that nobody else handles ends the program as ever.
    worker.once(errorMonitor, (error: unknown) => tellFatal(error, threadId));
  };
  process.on("worker", greetWorker);
  const tellUncaught = (error: unknown): void => tellFatal(error);
  process.on("uncaughtExceptionMonitor", tellUncaught);
  const timer = setInterval(timed(tick), intervalMs).unref();
  process.on("exit", end);

  ownCpuMs = elapsedMs(began);
  send({ type: "hello", ...describeThread(), timeMs: Date.now(), preloadMs: ownCpuMs });
  timed(sample)();

  function answer(request: WatcherRequest): void {
    if (request.type === "profile") attempt("reading a profile", profile);
    else if (request.type === "precise")
      attempt("sampling precisely", () => void allocation?.restartPrecise(request.samplingIntervalBytes));
    else if (request.type === "relax")
      attempt("ending precise sampling", () => allocation?.relax(request.samplingIntervalBytes, request.forgetsCode));
    else if (request.type === "collect")
      attempt("collecting", () => {
        const forced = collections?.force(undefined);
        const heard = collections?.take(true);
        collections?.start();
        if (forced && heard) send({ ...heard, majors: [...heard.majors, forced] });
      });
    else
      attempt("answering", () => {
        const { Seldom } = require("./seldom.cjs") as { Seldom: typeof SeldomClass };
        (seldom ??= new Seldom(send)).answer(request, collections);
      });
  }

  function tellLedger(report: unknown): void {
    attempt("reading the ledger", () => {
      const { summarizeLedger } = require("./ledger.cjs") as { summarizeLedger: typeof SummarizeLedger };
      const summary = summarizeLedger(report, Date.now());
      if (summary !== undefined) send(summary);
    });
  }

  function tick(): void {
    const turnMs = Math.max(0, Math.round(elapsedMs(tickedAt) - intervalMs));
    tickedAt = process.hrtime();
    sample(turnMs);
    attempt("hearing collections", () => {
      const heard = collections?.take(false);
      if (heard) send(heard);
      collections?.start();
    });
    attempt("forgetting console messages", () => allocation?.forgetConsole());
  }

  function sample(turnMs?: number): void {
    const memory = process.memoryUsage();
    const cpu = process.cpuUsage();
    send({
      type: "sample",
      timeMs: Date.now(),
      rssBytes: memory.rss,
      heapUsedBytes: memory.heapUsed,
      heapTotalBytes: memory.heapTotal,
      externalBytes: memory.external,
      arrayBuffersBytes: memory.arrayBuffers,
      mallocedBytes: v8.getHeapStatistics().malloced_memory,
      requests,
      cpuMs: (cpu.user + cpu.system) / 1000,
      ownCpuMs: ownCpuMs + (collections?.ownCpuMs ?? 0),
      ...(turnMs === undefined ? {} : { turnMs }),
    });
  }

  function profile(): void {
    if (allocation === undefined || collections === undefined || allocation.sinceMs === 0) return;
    const { sinceMs, samplingIntervalBytes, precise } = allocation;
    const began = process.hrtime();
    const cpuBefore = process.cpuUsage();
    let summary: Pick<ProfileMessage, "sites" | "totalBytes"> = { sites: [], totalBytes: 0 };
    const reader = allocation;
    // Loaded with the first profile: most short programs end without one.
    const { summarize } = require("./sites.cjs") as { summarize: typeof Summarize };
    // In order of time: what was heard before comes first.
    const heard = collections.take(false);
    if (heard) send(heard);
    const forced = collections.force(() => {
      summary = summarize(reader.read(), __dirname);
    });
    collections.start();
    const heap = readSpaces();
    const { user, system } = process.cpuUsage(cpuBefore);
    const collection = { ...forced, pauseMs: elapsedMs(began), cpuMs: (user + system) / 1000 };
    lastPauseMs = collection.pauseMs;
    lastUsedBytes = collection.usedBytes;
    send({
      type: "profile",
      timeMs: collection.timeMs,
      sinceMs,
      samplingIntervalBytes,
      precise,
      collection,
      ...summary,
    });
    if (heap !== undefined) send(heap);
  }

  function readSpaces(): HeapMessage | undefined {
    let heap: HeapMessage | undefined;
    attempt("reading the heap's spaces", () => {
      const { HeapSpaces } = require("./heap-spaces.cjs") as { HeapSpaces: typeof HeapSpacesClass };
      heap = (spaces ??= new HeapSpaces()).read(collections?.ownContexts ?? 0);
    });
    return heap;
  }

  function end(code: number): void {
    attempt("ending", () => {
      sample();
      if (elapsedMs(began) >= MIN_LIFE_MS && predictPauseMs() <= MAX_LAST_PAUSE_MS) profile();
      const heard = collections?.take(true);
      if (heard) send(heard);
      send({ type: "bye", timeMs: Date.now(), code });
      channel.flush(FLUSH_DEADLINE_MS);
    });
  }

  function predictPauseMs(): number {
    const { heapUsed } = process.memoryUsage();
    return Math.max(heapUsed * PAUSE_MS_PER_BYTE, lastUsedBytes > 0 ? (lastPauseMs * heapUsed) / lastUsedBytes : 0);
  }

  /** Without a watcher nothing is left behind: neither cost, nor a path that may vanish. */
  function leave(): void {
    clearInterval(timer);
    process.removeListener("exit", end);
    process.removeListener("worker", greetWorker);
    process.removeListener("uncaughtExceptionMonitor", tellUncaught);
    for (const name of REQUEST_CHANNELS) diagnostics.unsubscribe(name, count);
    diagnostics.unsubscribe(LEDGER_CHANNEL, hearLedger);
    attempt("leaving", () => collections?.stop());
    attempt("leaving", () => allocation?.stop());
    collections = undefined;
    allocation = undefined;
    removeTraces(preloadFile);
    boarding.onLeave?.();
  }

  function tellFatal(error: unknown, workerId?: number): void {
    attempt("telling of an error", () => {
      const { name, code, message } = (error ?? {}) as { name?: unknown; code?: unknown; message?: unknown };
      send({
        type: "fatal",
        timeMs: Date.now(),
        name: isWord(name) ? name : "error",
        ...(isWord(code) ? { code } : {}),
        ...(/allocation failed/i.test(String(message)) ? { isAllocation: true } : {}),
        ...(workerId === undefined ? {} : { workerId }),
      });
    });
  }

  function attempt(what: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      channel.send({ type: "trouble", timeMs: Date.now(), what: `${what}: ${describe(error)}` });
    }
  }

  function timed<A extends unknown[]>(action: (...given: A) => void): (...given: A) => void {
    return (...given) => {
      const before = process.hrtime();
      action(...given);
      ownCpuMs += elapsedMs(before);
    };
  }
}

function describe(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 400);
}

/** An error may call itself anything: only what looks like a name travels. */
function isWord(text: unknown): text is string {
  return typeof text === "string" && /^[\w$]{1,60}$/.test(text);
}

function elapsedMs(since: [number, number]): number {
  const [seconds, nanoseconds] = process.hrtime(since);
  return seconds * 1000 + nanoseconds / 1e6;
}

export type { start };
module.exports = { start };
