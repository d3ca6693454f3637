/**
 * One program under watch: started by the server, or entered while it ran. Its recording lives here, thinned as it grows, and
 * outlives the program until it is let go, so that the reason of its end can still be asked for.
 */
import {
  attachInspector,
  type ExitRecord,
  isRefusal,
  launch,
  RemoteWatch,
  readLimits,
  tightestLimit,
} from "plimsoll/diagnose/remote";
import type { ProcessRecording } from "plimsoll/diagnose/remote";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { refuse } from "../answer/refuse.ts";
import type { Target } from "./target.ts";

/** How a program is started. */
export interface StartOrder {
  readonly command: readonly string[];
  readonly cwd?: string;
  /** Added to the server's own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const SETTLE_MS = 400;
const HELLO_MS = 5_000;
const POLL_MS = 20;

/** A program and all that it starts. */
export class WatchedProgram implements AsyncDisposable {
  /** Handle for clients: `w1`. */
  readonly id: string;
  readonly pid: number;
  readonly name: string;
  readonly remote: RemoteWatch;
  /** How it was started; absent where somebody else started it. */
  readonly order: StartOrder | undefined;
  /** Why it is seen from outside only. Default: it was entered. */
  outsideOnly: string | undefined;
  /** How it ended; absent while it runs, or where only its parent was told. */
  exit: ExitRecord | undefined;
  #ended: Promise<unknown> | undefined;
  readonly #birth: string | undefined;

  private constructor(id: string, pid: number, name: string, remote: RemoteWatch, order?: StartOrder) {
    this.id = id;
    this.pid = pid;
    this.name = name;
    this.remote = remote;
    this.order = order;
    this.#birth = readBirth(pid);
    remote.attachRoot(pid);
  }

  /**
   * Starts a program. Its output is thrown away: what it says may hold secrets, and stdout is the protocol's.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_START_FAILED`
   */
  static async start(id: string, name: string, order: StartOrder): Promise<WatchedProgram> {
    const remote = await RemoteWatch.open({ command: name, limit: limitOf("self") });
    try {
      const env = remote.environment({ ...process.env, ...order.env });
      const cwd = order.cwd === undefined ? {} : { cwd: order.cwd };
      const launched = await launch(order.command, { env, stdio: "ignore", ...cwd });
      const watched = new WatchedProgram(id, launched.pid, name, remote, order);
      watched.#ended = launched.exited.then(async (exit) => {
        watched.exit = exit;
        await remote.settle(SETTLE_MS);
        remote.recording.exit = exit;
      });
      return watched;
    } catch (error) {
      await remote.close();
      throw error;
    }
  }

  /**
   * Watches a program that runs.
   *
   * @param enters - whether to load the agent into it, without which only sizes from outside are seen.
   */
  static async attach(id: string, { pid, name, isNode }: Target, enters: boolean): Promise<WatchedProgram> {
    const remote = await RemoteWatch.open({ command: name, limit: limitOf(pid) });
    remote.recording.attached = true;
    const watched = new WatchedProgram(id, pid, name, remote);
    if (!enters) watched.outsideOnly = "it was asked for";
    else if (!isNode) watched.outsideOnly = "it is not Node.js";
    else {
      const entry = await attachInspector(pid, { pass: remote.boardingPass({ isInherited: false }) });
      if (isRefusal(entry)) watched.outsideOnly = entry.message;
      else await watched.awaitHello(HELLO_MS);
    }
    return watched;
  }

  /** True while the program runs. */
  get isAlive(): boolean {
    const root = this.remote.recording.processes[0];
    return this.exit === undefined && this.remote.recording.endedAtMs === undefined && root?.endedAtMs === undefined;
  }

  /** Seconds since the watch began. */
  get seconds(): number {
    const { startedAtMs, endedAtMs = Date.now() } = this.remote.recording;
    return (endedAtMs - startedAtMs) / 1000;
  }

  /** Its living processes. */
  get processes(): readonly ProcessRecording[] {
    return this.remote.recording.processes.filter((one) => one.endedAtMs === undefined);
  }

  /**
   * The process of it that a question is about: the one that was named, else the largest that answers.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_USAGE` when there is none.
   */
  findProcess(pid: number | undefined): ProcessRecording {
    if (pid !== undefined) {
      const found = this.processes.find((one) => one.pid === pid);
      if (found) return found;
      throw refuse(
        `Process ${pid} is no living process of ${this.id}.`,
        `memory_summary {"watch":"${this.id}"} lists them.`,
      );
    }
    const sizeOf = ({ resident }: ProcessRecording): number => resident.at(-1)?.rssBytes ?? 0;
    const bySize = this.processes.toSorted((a, b) => sizeOf(b) - sizeOf(a));
    const found = bySize.find(({ observed, threads }) => observed && threads.length > 0) ?? bySize[0];
    if (found) return found;
    throw refuse(
      `${this.id} (${this.name}) has ended: it has no process any more.`,
      `diagnose_growth {"watch":"${this.id}"} tells what was seen.`,
    );
  }

  /**
   * The same, of a process that can be asked from inside.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_USAGE` when nothing of ours answers in it.
   */
  findAnswering(pid: number | undefined): ProcessRecording {
    const found = this.findProcess(pid);
    if (this.remote.captures.canAsk(found.pid)) return found;
    const why =
      this.outsideOnly ?? "no preload answers from it: it has just started, or its NODE_OPTIONS were taken away";
    throw refuse(
      `Process ${found.pid} of ${this.id} is seen from outside only: ${why}.`,
      `Wait 2 s after the start; else attach {"pid":${found.pid}}, or start_process it under this server.`,
    );
  }

  /** Waits until the agent speaks. @returns false when it has not in time. */
  async awaitHello(ms: number): Promise<boolean> {
    for (const until = performance.now() + ms; performance.now() < until && this.isAlive; await sleep(POLL_MS)) {
      if (this.remote.captures.canAsk(this.pid)) return true;
    }
    return this.remote.captures.canAsk(this.pid);
  }

  /** Waits for the end of a started program. @returns false when it has not ended in time. */
  async awaitEnd(ms: number, signal?: AbortSignal): Promise<boolean> {
    for (const until = performance.now() + ms; performance.now() < until; await sleep(POLL_MS)) {
      if (!this.isAlive) {
        await this.#ended;
        return true;
      }
      signal?.throwIfAborted();
    }
    return !this.isAlive;
  }

  /** Sends a signal to the root, if its number has not passed to another process. */
  kill(signal: NodeJS.Signals): void {
    if (!this.isAlive || this.#birth === undefined || readBirth(this.pid) !== this.#birth) return;
    try {
      process.kill(this.pid, signal);
    } catch {
      // It has ended just now.
    }
  }

  /** Stops watching; the program goes on. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.remote.close();
  }
}

/** When a process began, in ticks of the kernel (proc(5), field 22 of stat): with its number it names a process for good. */
function readBirth(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // Behind the name, which may hold anything, the third field is the first.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function limitOf(pid: number | "self"): { readonly bytes: number | null; readonly source: string } {
  const tightest = tightestLimit(readLimits(pid));
  return { bytes: tightest?.bytes ?? null, source: tightest?.source ?? "no limit applies" };
}
