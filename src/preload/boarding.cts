/**
 * The way aboard for a program that was started without us: called through its inspector instead of by
 * NODE_OPTIONS. It starts the agent in this thread and, through the thread's own session with its workers, in
 * each of these, those of later included. One agent a thread; when it leaves, the next may come.
 */
import type { start as Start } from "./agent.cts";

const { setTimeout, clearTimeout } = globalThis;

/** What the watcher says. */
interface Passage {
  /** Of the program that is meant. */
  readonly pid: number;
  readonly socketPath: string;
  readonly preloadFile: string;
  readonly intervalMs?: number;
  readonly mayProfile?: boolean;
  /** Put into NODE_OPTIONS, so that programs started from now on carry the preload; none by default. */
  readonly inheritedFlag?: string;
  /** Expressions that bring a worker here, given this passage. */
  readonly patient: string;
  readonly urgent: string;
}

interface Answer {
  readonly outcome: "aboard" | "already-watched" | "another-process" | "starting" | "failed";
  readonly node: string;
  readonly reason?: string;
}

const MARK = Symbol.for("plimsoll.boarded");
const PRELOAD_MARK = Symbol.for("plimsoll.preload");
const OLDEST_NODE = 18;
const FIRST_RETRY_MS = 5;
const LAST_RETRY_MS = 50;
/** Of a worker that is still starting; many start at once on a busy machine. */
const MAX_TRIES = 600;
/** A worker that has not ended its turn by then is entered in the midst of it. */
const URGENT_AFTER_MS = 500;

/** Puts the agent on board of this thread and its workers. Throws nothing into the program. */
function board(passage: Passage): Answer {
  const began = process.hrtime();
  const node = process.versions.node;
  const marked = process as unknown as Record<symbol, boolean>;
  if (process.pid !== passage.pid) return { outcome: "another-process", node };
  // A preload's agent takes its variables away when it leaves.
  if (marked[MARK] || (PRELOAD_MARK in process && process.env["PLIMSOLL_SOCKET"]))
    return { outcome: "already-watched", node };
  try {
    if (Number.parseInt(node, 10) < OLDEST_NODE) throw new Error(`Node ${node} is too old: 18 is the first`);
    Object.defineProperty(process, MARK, { value: true, configurable: true });
    const departures: (() => void)[] = [];
    const onLeave = (): void => {
      delete marked[MARK];
      for (const depart of departures) depart();
    };
    const { socketPath, preloadFile, intervalMs, mayProfile } = passage;
    const { start } = require("./agent.cjs") as { start: typeof Start };
    start(socketPath, preloadFile, began, { intervalMs, mayProfile, onLeave });
    if (passage.inheritedFlag !== undefined) passOn(passage, passage.inheritedFlag);
    departures.push(boardWorkers(passage));
    return { outcome: "aboard", node };
  } catch (error) {
    delete marked[MARK];
    return { outcome: "failed", node, reason: error instanceof Error ? error.message : String(error) };
  } finally {
    for (const file of Object.keys(require.cache)) if (file.startsWith(__dirname)) delete require.cache[file];
  }
}

/** As `plimsoll run` sets them; the agent takes them away when it leaves. */
function passOn({ socketPath, intervalMs, mayProfile }: Passage, flag: string): void {
  const env = process.env;
  env["NODE_OPTIONS"] = env["NODE_OPTIONS"] ? `${env["NODE_OPTIONS"]} ${flag}` : flag;
  env["PLIMSOLL_SOCKET"] = socketPath;
  if (intervalMs !== undefined) env["PLIMSOLL_INTERVAL_MS"] = String(intervalMs);
  if (mayProfile === false) env["PLIMSOLL_PROFILES"] = "off";
}

/**
 * Reaches this thread's workers, now and later; each reaches its own in the same way.
 *
 * @returns what ends that.
 */
function boardWorkers({ inheritedFlag: _, patient, urgent, ...rest }: Passage): () => void {
  const { Session } = require("node:inspector") as typeof import("node:inspector");
  const session = new Session();
  session.connect();
  const told = JSON.stringify({ ...rest, patient, urgent, isWorker: true });
  const timers = new Map<string, NodeJS.Timeout>();
  const ask = (sessionId: string, source: string, id: number): void => {
    const options = { includeCommandLineAPI: true, returnByValue: true, silent: true };
    const params = { expression: `${source}(${told})`, awaitPromise: source === patient, ...options };
    const message = JSON.stringify({ id, method: "Runtime.evaluate", params });
    session.post("NodeWorker.sendMessageToWorker", { sessionId, message }, () => undefined);
  };
  const tryOnce = (sessionId: string, tries: number): void => {
    ask(sessionId, patient, tries);
    const later = setTimeout(() => ask(sessionId, urgent, tries), URGENT_AFTER_MS).unref();
    timers.set(sessionId, later);
  };
  const stop = (sessionId: string): void => {
    clearTimeout(timers.get(sessionId));
    timers.delete(sessionId);
  };
  session.on("NodeWorker.attachedToWorker", ({ params }) => tryOnce(params.sessionId, 1));
  session.on("NodeWorker.detachedFromWorker", ({ params }) => stop(params.sessionId));
  session.on("NodeWorker.receivedMessageFromWorker", ({ params: { sessionId, message } }) => {
    const { id, result } = JSON.parse(message) as { id?: number; result?: { result?: { value?: Answer } } };
    if (id === undefined || !timers.has(sessionId)) return;
    stop(sessionId);
    if (result?.result?.value?.outcome === "starting" && id < MAX_TRIES)
      timers.set(
        sessionId,
        setTimeout(() => tryOnce(sessionId, id + 1), Math.min(LAST_RETRY_MS, id * FIRST_RETRY_MS)).unref(),
      );
    else session.post("NodeWorker.detach", { sessionId }, () => undefined);
  });
  session.post("NodeWorker.enable", { waitForDebuggerOnStart: false }, () => undefined);
  return () => {
    for (const timer of timers.values()) clearTimeout(timer);
    session.disconnect();
  };
}

export type { board };
module.exports = { board };
