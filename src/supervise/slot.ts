/**
 * The place of one instance: the one that serves, the one that is to replace it, and what is known of those
 * that were here before.
 */
import type { Clock } from "../base/clock.ts";
import type { HandedState } from "../base/supervision.ts";
import type { CrashBackoff } from "./crash-backoff.ts";
import type { Instance } from "./instance.ts";

/** One of the instances that shall run at once. */
export class Slot {
  readonly backoff: CrashBackoff;
  /** The one that serves. */
  current: Instance | undefined;
  /** Its replacement, until that is ready. */
  next: Instance | undefined;
  /** Those that were replaced and still drain. */
  readonly retired = new Set<Instance>();
  /** State that waits for an instance that can take it. */
  readonly states: HandedState[] = [];
  /** Why it shall be replaced whatever its memory is. */
  wanted: string | undefined;
  /** Resident bytes of an instance that has just become ready. */
  freshBytes = 0;
  /** When the newest instance was decided on. */
  decidedAtMs = 0;
  /** No replacement before. */
  retryAtMs = 0;
  /** Starts once the first instance has opened the sockets. */
  waitsForFirst = false;
  isStarting = false;
  /** Its program has ended by itself, or cannot be helped. */
  isFinished = false;
  /** The old one must end before the new one can start, since their socket cannot be shared. */
  endsFirst = false;
  #restart: Disposable | undefined;

  /** @param backoff - how long to wait after its crashes. */
  constructor(backoff: CrashBackoff) {
    this.backoff = backoff;
  }

  /** Starts it again later. */
  restartIn(clock: Clock, ms: number, restart: () => void): void {
    this.cancelRestart();
    this.#restart = clock.every(Math.max(1, ms), () => {
      this.cancelRestart();
      restart();
    });
  }

  /** It is not started again. */
  cancelRestart(): void {
    this.#restart?.[Symbol.dispose]();
    this.#restart = undefined;
  }
}
