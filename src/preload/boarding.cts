/**
 * The way aboard for a program that was started without us: called through its inspector instead of by
 * NODE_OPTIONS. It starts the agent in the main thread and, through the thread's session with its own workers,
 * in each of these, those of later included. One agent a thread; when it leaves, the next may come.
 */
import type { Session } from "node:inspector";
import type { start as Start } from "./agent.cts";

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
}

interface Answer {
  readonly outcome: "aboard" | "already-watched" | "another-process" | "failed";
  readonly node: string;
  readonly reason?: string;
}

const MARK = Symbol.for("plimsoll.boarded");
const PRELOAD_MARK = Symbol.for("plimsoll.preload");
const OLDEST_NODE = 18;

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
    const workers = boardWorkers(passage);
    Object.defineProperty(process, MARK, { value: true, configurable: true });
    const onLeave = (): void => {
      delete marked[MARK];
      workers?.disconnect();
    };
    const { socketPath, preloadFile, intervalMs, mayProfile } = passage;
    const { start } = require("./agent.cjs") as { start: typeof Start };
    start(socketPath, preloadFile, began, { intervalMs, mayProfile, onLeave });
    if (passage.inheritedFlag !== undefined) passOn(passage, passage.inheritedFlag);
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

/** Reaches this thread's workers, now and later; each reaches its own in the same way. */
function boardWorkers(passage: Passage): Session | undefined {
  const { Session } = require("node:inspector") as typeof import("node:inspector");
  const session = new Session();
  session.connect();
  const { inheritedFlag: _, ...told } = passage;
  const file = JSON.stringify(__filename);
  const expression = `(process.getBuiltinModule ?? require)("node:module").createRequire(${file})(${file}).board(${JSON.stringify(told)})`;
  const params = { expression, includeCommandLineAPI: true, returnByValue: true, silent: true };
  const message = JSON.stringify({ id: 1, method: "Runtime.evaluate", params });
  session.on("NodeWorker.attachedToWorker", ({ params: { sessionId } }) => {
    session.post("NodeWorker.sendMessageToWorker", { sessionId, message }, () => undefined);
  });
  session.on("NodeWorker.receivedMessageFromWorker", ({ params: { sessionId } }) => {
    session.post("NodeWorker.detach", { sessionId }, () => undefined);
  });
  session.post("NodeWorker.enable", { waitForDebuggerOnStart: false }, () => undefined);
  return session;
}

export type { board };
module.exports = { board };
