/**
 * Finds leaks from inside a program. It compares the heap right after collections, so garbage that is not
 * yet collected never counts, and asks that growth goes on undiminished, so warm-up and full caches do not
 * either. It sees objects and external memory of its own thread; native code's memory it does not judge.
 */
import { parseBytes, type SizeInput } from "../base/bytes.ts";
import { systemClock, type Clock } from "../base/clock.ts";
import { PlimsollError } from "../base/errors.ts";
import type { HeapFloor } from "./collections.ts";
import { forceGC } from "./force-gc.ts";
import { type Judgement, judgeFloors } from "./leak-judgement.ts";
import { type MemorySizes, processSource } from "./sample.ts";
import { Topic } from "./topic.ts";

/** How a {@link LeakDetector} works. */
export interface LeakDetectorOptions {
  /**
   * `threshold` compares with the baseline and needs 5 floors; `statistical` leaves the first third out as warm-up, asks
   * for a significant rise, and needs 9. Default: `statistical`.
   */
  readonly mode?: "threshold" | "statistical";
  /** Growth below it is never called a leak. Default: 10 MB (2^20 bytes each). */
  readonly threshold?: SizeInput;
  /** Forces the collection before a reading. Default: {@link forceGC}. */
  readonly collect?: () => void;
  /** Reads the heap after it. Default: this thread's. */
  readonly read?: () => Pick<MemorySizes, "heapUsedBytes" | "externalBytes">;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

/** How {@link LeakDetector.watch} works. */
export interface LeakWatchOptions {
  /** Where post-GC floors come from, a started `Monitor`. Default: none, each look forces a collection. */
  readonly monitor?: { floors(sinceMs?: number): HeapFloor[] };
  /** Time between looks. Default: 5,000 ms; 30,000 where each forces a collection. */
  readonly intervalMs?: number;
}

/** What a detector says. */
export interface LeakCheck {
  /** When it was made, in milliseconds since the epoch. */
  readonly timeMs: number;
  /** `leak` when one of the two is. */
  readonly verdict: Judgement["verdict"];
  /** Why, of the one that decided. */
  readonly sentence: string;
  /** JavaScript objects. */
  readonly heap: Judgement;
  /** Memory outside of the heap that objects keep, array buffers included. */
  readonly external: Judgement;
  /** Floors that were compared. */
  readonly floors: number;
}

/** Floors kept at most; beyond, every second one goes. */
const MAX_FLOORS = 512;

/** Compares the heap right after collections with a baseline. */
export class LeakDetector {
  readonly #mode: "threshold" | "statistical";
  readonly #thresholdBytes: number;
  readonly #collect: () => void;
  readonly #read: () => Pick<MemorySizes, "heapUsedBytes" | "externalBytes">;
  readonly #clock: Clock;
  readonly #topic = new Topic<LeakCheck>("plimsoll:leak:suspect");
  #floors: HeapFloor[] = [];

  /** @throws PlimsollError `ERR_PLIMSOLL_BAD_SIZE` for a threshold that is no size. */
  constructor(options: LeakDetectorOptions = {}) {
    this.#mode = options.mode ?? "statistical";
    this.#thresholdBytes = parseBytes(options.threshold ?? "10mb");
    this.#collect = options.collect ?? forceGC;
    this.#read = options.read ?? processSource.read;
    this.#clock = options.clock ?? systemClock;
  }

  /**
   * Forgets what was and takes the present heap as the one to compare with. Call it after warm-up.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_GC_UNAVAILABLE` when no collection can be forced.
   */
  baseline(): void {
    this.#floors = [];
    this.#measure();
  }

  /**
   * Forces a collection, takes the heap, and judges all floors since the baseline. Without one, the first check is it.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_GC_UNAVAILABLE` when no collection can be forced.
   */
  check(): LeakCheck {
    this.#measure();
    return this.#judge(this.#floors);
  }

  /**
   * Looks again and again until disposed, and tells listeners when a leak shows itself: once, and again only after it had gone.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION` for an interval that is no positive number.
   */
  watch(options: LeakWatchOptions = {}): Disposable {
    const { monitor, intervalMs = monitor ? 5000 : 30_000 } = options;
    if (!(intervalMs > 0 && Number.isFinite(intervalMs))) {
      throw new PlimsollError("ERR_PLIMSOLL_BAD_OPTION", `intervalMs is ${intervalMs}: give milliseconds above 0.`, {
        details: { intervalMs },
      });
    }
    const sinceMs = this.#clock.now();
    let leaked = false;
    return this.#clock.every(intervalMs, () => {
      const check = monitor ? this.#judge(monitor.floors(sinceMs)) : this.check();
      const leaks = check.verdict === "leak";
      if (leaks && !leaked) this.#topic.emit(() => check);
      leaked = leaks;
    });
  }

  /**
   * Listens to what {@link LeakDetector.watch} finds; also on the channel `plimsoll:leak:suspect`.
   *
   * @param event - `leak`.
   * @param listener - called with the check that found it.
   */
  on(event: "leak", listener: (check: LeakCheck) => void): Disposable;
  on(_event: "leak", listener: (check: LeakCheck) => void): Disposable {
    return this.#topic.subscribe(listener);
  }

  #measure(): void {
    this.#collect();
    const { heapUsedBytes, externalBytes } = this.#read();
    if (this.#floors.length >= MAX_FLOORS) this.#floors = this.#floors.filter((_, index) => index % 2 === 0);
    this.#floors.push({ timeMs: this.#clock.now(), usedBytes: heapUsedBytes, externalBytes });
  }

  #judge(floors: readonly HeapFloor[]): LeakCheck {
    const judge = (what: string, bytes: (floor: HeapFloor) => number): Judgement =>
      judgeFloors(
        floors.map((floor) => ({ timeMs: floor.timeMs, bytes: bytes(floor) })),
        { mode: this.#mode, thresholdBytes: this.#thresholdBytes, what },
      );
    const heap = judge("the heap after collections", (floor) => floor.usedBytes);
    const external = judge("external memory after collections", (floor) => floor.externalBytes);
    const decides =
      [heap, external].find(({ verdict }) => verdict === "leak") ??
      [heap, external].find(({ verdict }) => verdict === "undetermined") ??
      heap;
    const { verdict, sentence } = decides;
    return { timeMs: this.#clock.now(), verdict, sentence, heap, external, floors: floors.length };
  }
}
