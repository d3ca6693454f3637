/**
 * When to ask a thread for its profile, each of which stops it for a collection: 3 s apart at first and ever
 * farther, none that would take more than 200 ms, all below 150 ms plus 1 % of the time. When the post-GC floor
 * rises, sampling restarts with inlining off; the first reading after that may overdraw, because it names the
 * function. Code without inlining may be several times slower, so that this ends after three readings that agree,
 * or 30 s, and comes again only minutes later, when most of what grows then grows in a place that was not named.
 */
import type { CollectionRecord, WatcherRequest } from "../../base/wire.ts";
import { NamedPlaces, type PlacesProfile } from "./named-places.ts";
import { COLLECTION_MS_PER_BYTE, MAX_PAUSE_MS } from "./pause.ts";

const FIRST_DISTANCE_MS = 3000;
const DISTANCE_SHARE = 0.3;
const MAX_DISTANCE_MS = 120_000;
/** Throwing code away walks the heap, 0.85 ms/MB of small objects; a growing heap must still allow it the second time. */
const MAX_PRECISE_PAUSE_MS = 150;
const LAST_RELAX_PAUSE_MS = 170;
const BUDGET_MS = 150;
const BUDGET_SHARE = 0.01;
const PRECISE_INTERVAL_BYTES = 16 << 10;
/**
 * Large Buffers and strings are a few small objects in front of bytes that lie elsewhere: where only those rise,
 * smaller steps meet them. A sample cost 1.7 µs (344,000 of them 580 ms), so they may take 1 % of the time of
 * a program that fills a young generation of 16 MB as often as it is collected; and 150 bytes until it is collected,
 * so they are no smaller than 1 KiB.
 */
const FINE_INTERVAL_BYTES = 1 << 10;
const YOUNG_BYTES = 16 << 20;
const FINE_MS_PER_SAMPLE = 0.0017;
const FINE_SHARE = 0.01;
/** As at the start, see the preload. */
const RELAXED_INTERVAL_BYTES = 64 << 10;
const ENOUGH_READINGS = 3;
const MAX_PRECISE_MS = 30_000;
/** A thread that has not answered yet may take longer, but not for ever. */
const MAX_UNREAD_MS = 60_000;
const PRECISE_REST_MS = 180_000;
/** A thread that does not answer in this time is asked again; it may have been blocked. */
const ANSWER_DEADLINE_MS = 60_000;
/** Modules load and caches fill in the first moments. */
const WARM_UP_MS = 2000;
const MAX_FLOORS = 64;
/** Pauses of the last so many forced collections tell how busy the machine is now. */
const RECENT_PAUSES = 5;
const MINORS_MS = 60_000;

/** Decides when one thread is asked, and for what. */
export class ProfileSchedule {
  readonly #startedAtMs: number;
  #originMs: number;
  #dueAtMs: number;
  #askedAtMs: number | undefined;
  #spentMs = 0;
  /** Milliseconds a byte, of the readings so far. */
  #leastPausePerByte = Number.POSITIVE_INFINITY;
  #recentPausesPerByte: number[] = [];
  #readings = 0;
  #preciseSinceMs: number | undefined;
  #relaxedAtMs: number | undefined;
  #preciseReadings = 0;
  readonly #places = new NamedPlaces();
  #mayOverdraw = false;
  #forcedFloors: Floor[] = [];
  #heapFloors: Floor[] = [];
  #minors = { count: 0, ms: 0 };

  /** @param startedAtMs - when the thread started, milliseconds since the epoch. */
  constructor(startedAtMs: number) {
    this.#startedAtMs = startedAtMs;
    this.#originMs = startedAtMs;
    this.#dueAtMs = startedAtMs + FIRST_DISTANCE_MS;
  }

  /**
   * What to ask for now.
   *
   * @param nowMs - the time.
   * @param usedBytes - the thread's heap in use, from its newest sample.
   * @returns `undefined` when it is not yet time, too dear, or an answer is awaited.
   */
  next(nowMs: number, usedBytes: number): WatcherRequest | undefined {
    // Due even when a reading is too dear or not answered: nothing else ends the slow mode.
    const pauseMs = this.predictPauseMs(usedBytes);
    if (this.#knowsEnough(nowMs, pauseMs)) return this.#askRelax(nowMs, pauseMs);
    if (this.#askedAtMs !== undefined && nowMs - this.#askedAtMs < ANSWER_DEADLINE_MS) return undefined;
    if (pauseMs > MAX_PAUSE_MS) return undefined;
    if (pauseMs <= MAX_PRECISE_PAUSE_MS && this.#mayAskPrecise(nowMs) && this.#isRising())
      return this.#askPrecise(nowMs, pauseMs);
    if (nowMs < this.#dueAtMs) return undefined;
    const budgetMs = BUDGET_MS + BUDGET_SHARE * (nowMs - this.#startedAtMs);
    if (!this.#mayOverdraw && this.#spentMs + pauseMs > budgetMs) return undefined;
    this.#askedAtMs = nowMs;
    return { type: "profile" };
  }

  /** Milliseconds that a reading would stop the thread, from earlier ones and the size of the heap. */
  predictPauseMs(usedBytes: number): number {
    if (this.#readings === 0) return usedBytes * COLLECTION_MS_PER_BYTE;
    // Noise only ever lengthens a pause, so the least is the best guess; a single reading is believed half.
    const least = this.#leastPausePerByte;
    return usedBytes * (this.#readings === 1 ? Math.sqrt(least * COLLECTION_MS_PER_BYTE) : least);
  }

  /**
   * Milliseconds that a forced collection stops the thread at most, as far as the last ones show it: on a busy machine a
   * pause lasts several times as long as its work. The longest of them may be a mishap, and counts as the second does.
   */
  boundPauseMs(usedBytes: number): number {
    const [longest = 0, second = Math.sqrt(longest * COLLECTION_MS_PER_BYTE)] = this.#recentPausesPerByte.toSorted(
      (a, b) => b - a,
    );
    return usedBytes * Math.max(COLLECTION_MS_PER_BYTE, second);
  }

  /** Notes how long a forced collection has stopped the thread. */
  notePause(pauseMs: number, usedBytes: number): void {
    this.#recentPausesPerByte.push(pauseMs / Math.max(1, usedBytes));
    if (this.#recentPausesPerByte.length > RECENT_PAUSES) this.#recentPausesPerByte.shift();
  }

  /** True while inlining is off because of this thread. */
  get isPrecise(): boolean {
    return this.#preciseSinceMs !== undefined;
  }

  /**
   * Notes a profile that has come in.
   *
   * @param collection - the one that reading forced.
   * @param profile - Default: nothing is known of the places that grow.
   */
  answer(nowMs: number, collection: CollectionRecord, profile?: PlacesProfile): void {
    this.#askedAtMs = undefined;
    this.#mayOverdraw = false;
    this.#readings += 1;
    // What it waited for a core is no work, and may be shorter the next time: it is believed half, and not spent.
    const workMs = Math.min(collection.pauseMs, collection.cpuMs ?? collection.pauseMs);
    const believedMs = Math.sqrt(workMs * collection.pauseMs);
    this.#leastPausePerByte = Math.min(this.#leastPausePerByte, believedMs / Math.max(1, collection.usedBytes));
    this.#spentMs += workMs;
    this.notePause(collection.pauseMs, collection.usedBytes);
    this.#note(this.#forcedFloors, collection.timeMs, collection.usedBytes + collection.externalBytes);
    this.#note(this.#heapFloors, collection.timeMs, collection.usedBytes);
    const distanceMs = Math.max(FIRST_DISTANCE_MS, DISTANCE_SHARE * (nowMs - this.#originMs));
    this.#dueAtMs = nowMs + Math.min(MAX_DISTANCE_MS, distanceMs);
    if (profile !== undefined) this.#places.add(profile);
    if (this.isPrecise) this.#preciseReadings += 1;
  }

  /** Notes a major collection that happened by itself. External memory is not settled right after those. */
  observe(collection: CollectionRecord): void {
    this.#note(this.#heapFloors, collection.timeMs, collection.usedBytes);
  }

  /** Notes how many minor collections a stretch of time had. */
  countMinors(count: number, observedMs: number): void {
    // The newest minute or so tells how busy it is now.
    const fade = this.#minors.ms > MINORS_MS ? 0.5 : 1;
    this.#minors = { count: fade * this.#minors.count + count, ms: fade * this.#minors.ms + observedMs };
  }

  #knowsEnough(nowMs: number, pauseMs: number): boolean {
    if (this.#preciseSinceMs === undefined) return false;
    if (this.#preciseReadings > 0 && pauseMs > LAST_RELAX_PAUSE_MS) return true;
    const sinceMs = nowMs - this.#preciseSinceMs;
    if (sinceMs >= (this.#preciseReadings > 0 ? MAX_PRECISE_MS : MAX_UNREAD_MS)) return true;
    return this.#preciseReadings >= ENOUGH_READINGS && this.#places.isSettled;
  }

  #mayAskPrecise(nowMs: number): boolean {
    if (this.isPrecise) return false;
    if (this.#relaxedAtMs === undefined) return true;
    return nowMs - this.#relaxedAtMs >= PRECISE_REST_MS && this.#places.growsUnnamed;
  }

  #askRelax(nowMs: number, pauseMs: number): WatcherRequest {
    this.#preciseSinceMs = undefined;
    this.#relaxedAtMs = nowMs;
    const forgetsCode = pauseMs <= MAX_PAUSE_MS;
    if (forgetsCode) this.#spentMs += pauseMs;
    return { type: "relax", samplingIntervalBytes: RELAXED_INTERVAL_BYTES, forgetsCode };
  }

  #askPrecise(nowMs: number, pauseMs: number): WatcherRequest {
    this.#preciseSinceMs = nowMs;
    this.#preciseReadings = 0;
    this.#mayOverdraw = true;
    this.#originMs = nowMs;
    this.#dueAtMs = nowMs + FIRST_DISTANCE_MS;
    // Throwing the optimised code away walks the heap: about as long as a collection.
    this.#spentMs += pauseMs;
    return { type: "precise", samplingIntervalBytes: this.#chooseInterval() };
  }

  #chooseInterval(): number {
    if (isRising(this.#heapFloors) || this.#minors.ms === 0) return PRECISE_INTERVAL_BYTES;
    const bytesPerMs = ((this.#minors.count + 1) / this.#minors.ms) * YOUNG_BYTES;
    const dearest = (bytesPerMs * FINE_MS_PER_SAMPLE) / FINE_SHARE;
    return Math.round(Math.min(PRECISE_INTERVAL_BYTES, Math.max(FINE_INTERVAL_BYTES, dearest)));
  }

  #note(floors: Floor[], timeMs: number, bytes: number): void {
    if (timeMs - this.#startedAtMs < WARM_UP_MS) return;
    const last = floors.at(-1);
    // Collections close to each other say the same: the lower one is the floor.
    if (last !== undefined && timeMs - last.timeMs < 1000) last.bytes = Math.min(last.bytes, bytes);
    else floors.push({ timeMs, bytes });
    if (floors.length > MAX_FLOORS) floors.splice(1, 1);
  }

  #isRising(): boolean {
    return isRising(this.#forcedFloors) || isRising(this.#heapFloors);
  }
}

interface Floor {
  readonly timeMs: number;
  bytes: number;
}

const MB = 2 ** 20;

/** Two floors far apart, or three that rise one after the other. Being wrong costs one deoptimisation. */
function isRising(floors: readonly Floor[]): boolean {
  const [first, before, middle, last] = [floors[0], floors.at(-3), floors.at(-2), floors.at(-1)];
  if (first === undefined || middle === undefined || last === undefined || first === last) return false;
  if (last.bytes - middle.bytes > 6 * MB && last.bytes > 1.1 * first.bytes) return true;
  if (before === undefined) return false;
  const grown = last.bytes - before.bytes;
  const seconds = (last.timeMs - before.timeMs) / 1000;
  const isSteady = middle.bytes > before.bytes && last.bytes > middle.bytes;
  return isSteady && last.bytes - first.bytes >= MB && grown >= MB / 4 && grown / seconds > 0.03 * MB;
}
