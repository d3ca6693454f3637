/**
 * What one thread sends, put into its recording in bounded memory: samples and collections evenly
 * thinned, of the profiles the first two, the first two and last two precise ones and the newest four.
 */
import type { CollectionRecord, HelloMessage, LedgerMessage, PreloadMessage, ProfileMessage } from "../../base/wire.ts";
import { EvenSeries } from "./even-series.ts";
import type { AllocationProfile, HeapSample, LedgerCourse, ThreadRecording, ThreadSample } from "./recording.ts";
import type { SourcePositions } from "./source-positions.ts";

const MAX_TROUBLES = 20;
const FIRST_PROFILES = 2;
const NEWEST_PROFILES = 4;
const LAST_PRECISE = 2;
const HEAP_SAMPLES = 60;
const LEDGER_COURSE = 30;

/** Keeps the {@link ThreadRecording} of one thread. */
export class ThreadRecorder {
  /** Live: the lists grow in place. */
  readonly recording: ThreadRecording;
  /** CPU milliseconds that the preload used in this thread, as it says. */
  ownCpuMs = 0;
  readonly #samples = new EvenSeries<ThreadSample>();
  readonly #majors = new EvenSeries<CollectionRecord>();
  readonly #heap = new EvenSeries<HeapSample>(HEAP_SAMPLES);
  readonly #ledger = new EvenSeries<LedgerCourse>(LEDGER_COURSE);
  readonly #positions: SourcePositions;

  constructor(hello: HelloMessage, positions: SourcePositions) {
    this.#positions = positions;
    const { threadId, timeMs, heapLimitBytes, workerLimitBytes, oldSpaceLimitBytes, preloadMs } = hello;
    this.ownCpuMs = preloadMs;
    this.recording = {
      threadId,
      startedAtMs: timeMs,
      heapLimitBytes,
      ...(workerLimitBytes === undefined ? {} : { workerLimitBytes }),
      ...(oldSpaceLimitBytes === undefined ? {} : { oldSpaceLimitBytes }),
      samples: this.#samples.items,
      majors: this.#majors.items,
      minorCount: 0,
      gcPauseMs: 0,
      gcObservedMs: 0,
      profiles: [],
      troubles: [],
    };
  }

  /** Takes one message of this thread; a second greeting is ignored. */
  add(message: PreloadMessage): void {
    const { recording } = this;
    switch (message.type) {
      case "hello":
      case "worker":
      case "allocator":
      case "experiment":
      case "capture":
        return;
      case "heap": {
        const { type: _, ...heap } = message;
        this.#heap.push(heap);
        recording.heap = this.#heap.items;
        return;
      }
      case "ledger":
        this.#addLedger(message);
        return;
      case "sample": {
        const { type: _, ...sample } = message;
        this.#samples.push(sample);
        if (sample.turnMs !== undefined)
          recording.longestTurnMs = Math.max(recording.longestTurnMs ?? 0, sample.turnMs);
        this.ownCpuMs = sample.ownCpuMs;
        return;
      }
      case "collections":
        for (const major of message.majors) this.#majors.push(major);
        recording.minorCount += message.minorCount;
        recording.gcPauseMs += message.totalPauseMs;
        recording.gcObservedMs += message.observedMs;
        return;
      case "profile":
        this.#addProfile(message);
        return;
      case "bye":
        recording.endedAtMs = message.timeMs;
        recording.exitCode = message.code;
        return;
      case "fatal": {
        const { type: _, ...fatal } = message;
        recording.fatal = fatal;
        return;
      }
      case "trouble":
        if (recording.troubles.length < MAX_TROUBLES) recording.troubles.push(message.what);
    }
  }

  /** The first reading stays for comparison, the newest takes the place of the one before. */
  #addLedger({ type: _, ...message }: LedgerMessage): void {
    const { recording } = this;
    const places = message.places.map((place) =>
      place.where ? { ...place, where: this.#positions.map(place.where) } : place,
    );
    recording.ledger = [...(recording.ledger ?? []).slice(0, 1), { ...message, places }];
    const totals = message.totals.map(({ name, live, bytes }) => ({
      name,
      live,
      ...(bytes === undefined ? {} : { bytes }),
    }));
    this.#ledger.push({ timeMs: message.timeMs, totals });
    recording.ledgerCourse = this.#ledger.items;
  }

  #addProfile({ type: _, ...message }: ProfileMessage): void {
    const sites = message.sites.map((site) => this.#positions.mapSite(site));
    this.#majors.push(message.collection);
    const { profiles } = this.recording;
    profiles.push({ ...message, sites });
    const dispensable = findDispensable(profiles);
    if (dispensable >= 0) profiles.splice(dispensable, 1);
  }
}

/** The oldest profile that is neither among the first two of its kind or the last two precise ones nor among the newest four; -1 for none. */
function findDispensable(profiles: readonly AllocationProfile[]): number {
  const seen = { rough: 0, precise: 0 };
  const precise = profiles.filter((profile) => profile.precise).length;
  return profiles.findIndex((profile, index) => {
    const before = profile.precise ? seen.precise++ : seen.rough++;
    const isLastPrecise = profile.precise && before >= precise - LAST_PRECISE;
    return before >= FIRST_PROFILES && !isLastPrecise && index < profiles.length - NEWEST_PROFILES;
  });
}
