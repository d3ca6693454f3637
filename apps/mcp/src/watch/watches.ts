/**
 * All programs under watch, by handle. Bounded: a server that is never told to stop watching must not grow by what it has watched.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { refuse } from "../answer/refuse.ts";
import type { HistorySample } from "../history/sample-history.ts";
import type { Target } from "./target.ts";
import { type StartOrder, WatchedProgram } from "./watched-program.ts";

/** Live ones at most: each takes some megabytes of the server's own memory. */
const MOST_LIVE = 6;
/** Ended ones whose recordings are kept, the newest. */
const MOST_ENDED = 3;
const SAMPLE_MS = 1_000;
const TERM_MS = 3_000;
const KILLED_MS = 1_000;

/** Keeps watches. */
export class Watches implements AsyncDisposable {
  readonly #watches = new Map<string, WatchedProgram>();
  readonly #sampledMs = new Map<string, number>();
  readonly #note: (sample: HistorySample) => void;
  #lastId = 0;
  #opening = 0;

  /** @param note - takes a sample of each program once a second. */
  constructor(note: (sample: HistorySample) => void) {
    this.#note = note;
  }

  /** All, oldest first. */
  list(): readonly WatchedProgram[] {
    return [...this.#watches.values()];
  }

  /**
   * Finds one.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_USAGE` when there is none.
   */
  get(id: string): WatchedProgram {
    const found = this.#watches.get(id);
    if (found) return found;
    const known = [...this.#watches.keys()].join(", ") || "none";
    throw refuse(
      `There is no watch "${id.slice(0, 20)}" (there are: ${known}); of ended programs the newest ${MOST_ENDED} are kept.`,
      this.#watches.size === 0
        ? 'list_processes {}, then attach {"pid":…} or start_process.'
        : "list_processes {} lists them.",
    );
  }

  /** Starts a program under a new watch. */
  start(name: string, order: StartOrder): Promise<WatchedProgram> {
    return this.#open((id) => WatchedProgram.start(id, name, order));
  }

  /** Watches a process that runs. One that is watched already is found again, or watched anew when it shall be entered now. */
  async attach(target: Target, enters: boolean): Promise<WatchedProgram> {
    const known = this.list().find((one) => one.isAlive && one.pid === target.pid);
    if (known && (known.outsideOnly === undefined || !enters)) return known;
    if (known) await this.stop(known);
    return this.#open((id) => WatchedProgram.attach(id, target, enters));
  }

  /** Stops watching. What this server has started is ended as well: it was started to be watched. */
  async stop(watched: WatchedProgram): Promise<void> {
    this.#watches.delete(watched.id);
    this.#sampledMs.delete(watched.id);
    if (watched.order) {
      watched.kill("SIGTERM");
      if (!(await watched.awaitEnd(TERM_MS))) {
        watched.kill("SIGKILL");
        await watched.awaitEnd(KILLED_MS);
      }
    }
    await watched[Symbol.asyncDispose]();
  }

  /** Stops all. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.list().map((watched) => this.stop(watched)));
    // Signals are acted on by others.
    await sleep(0);
  }

  async #open(make: (id: string) => Promise<WatchedProgram>): Promise<WatchedProgram> {
    const live = this.list().filter((one) => one.isAlive);
    if (live.length + this.#opening >= MOST_LIVE) {
      throw refuse(
        `${MOST_LIVE} programs are watched already, the most that this server may hold: ${live.map(({ id }) => id).join(", ")}.`,
        `stop_watching {"watch":"${live[0]?.id}"}`,
      );
    }
    this.#opening += 1;
    try {
      this.#lastId += 1;
      const watched = await make(`w${this.#lastId}`);
      this.#watches.set(watched.id, watched);
      watched.remote.onUpdate(() => this.#sample(watched));
      const ended = this.list().filter((one) => !one.isAlive);
      for (const old of ended.slice(0, Math.max(0, ended.length - MOST_ENDED))) await this.stop(old);
      return watched;
    } finally {
      this.#opening -= 1;
    }
  }

  #sample(watched: WatchedProgram): void {
    const timeMs = Date.now();
    if (timeMs - (this.#sampledMs.get(watched.id) ?? 0) < SAMPLE_MS || !watched.isAlive) return;
    this.#sampledMs.set(watched.id, timeMs);
    for (const one of watched.processes) {
      const rssBytes = one.resident.at(-1)?.rssBytes;
      if (rssBytes === undefined) continue;
      const inside = one.threads.find(({ threadId }) => threadId === 0)?.samples.at(-1);
      this.#note({
        program: one.name,
        pid: one.pid,
        startedMs: Math.round(one.startedAtMs),
        timeMs,
        rssBytes,
        ...(inside && {
          heapUsedBytes: inside.heapUsedBytes,
          externalBytes: inside.externalBytes,
          arrayBuffersBytes: inside.arrayBuffersBytes,
        }),
      });
    }
  }
}
