/**
 * A named stretch of a program with what it did to memory. Phases may nest and overlap; memory belongs to
 * the process, so overlapping phases each report all of its growth, and say that they overlapped.
 */
import { delta, mapSizes, type MemoryDelta, type MemorySample, type MemorySizes } from "./sample.ts";

/** What a phase did to memory. */
export interface PhaseReport {
  /** Path of names from the outermost phase: `import/parse`. */
  readonly name: string;
  /** The reading at its start. */
  readonly start: MemorySample;
  /** The reading at its end. */
  readonly end: MemorySample;
  /** From start to end. */
  readonly delta: MemoryDelta;
  /** Largest value of each size, over all readings in the phase. */
  readonly peak: MemorySizes;
  /** `peak` less the values at the start. */
  readonly peakGrowth: MemorySizes;
  /** True when the kernel's own high-water mark rose in the phase: `peak.rssBytes` is then exact, not only the largest reading. */
  readonly exactPeak: boolean;
  /** True when another phase that is neither around nor inside it was open meanwhile. */
  readonly overlapped: boolean;
}

/** What a phase needs of its monitor. */
export interface PhaseHost {
  /** Takes a reading. */
  sample(): MemorySample;
  /** The kernel's high-water mark of resident memory. */
  highWaterBytes(): number;
  /** Adds to the open phases. */
  open(phase: Phase): void;
  /** Takes it from the open phases. */
  close(phase: Phase, report: PhaseReport): void;
}

/** A running phase; ends when disposed. */
export class Phase implements Disposable {
  /** Path of names from the outermost phase: `import/parse`. */
  readonly name: string;
  readonly #host: PhaseHost;
  readonly #start: MemorySample;
  readonly #highWaterBytes: number;
  #peak: MemorySizes;
  #overlapped = false;
  #report: PhaseReport | undefined;

  /** Begins at once; use `Monitor.phase`. */
  constructor(host: PhaseHost, name: string) {
    this.name = name;
    this.#host = host;
    this.#start = host.sample();
    this.#peak = this.#start;
    this.#highWaterBytes = host.highWaterBytes();
    host.open(this);
  }

  /**
   * Begins a phase inside this one.
   *
   * @param name - without the outer names.
   */
  phase(name: string): Phase {
    return new Phase(this.#host, `${this.name}/${name}`);
  }

  /** Takes in a reading; the monitor calls it. */
  see(sample: MemorySizes): void {
    const before = this.#peak;
    this.#peak = mapSizes((column) => Math.max(before[column], sample[column]));
  }

  /** Takes in that another phase is open; the monitor calls it. */
  meet(other: Phase): void {
    const related = this.name.startsWith(`${other.name}/`) || other.name.startsWith(`${this.name}/`);
    if (!related) this.#overlapped = true;
  }

  /** Ends the phase and says what it did. Later calls give the same report. */
  end(): PhaseReport {
    if (this.#report) return this.#report;
    const end = this.#host.sample();
    const highWaterBytes = this.#host.highWaterBytes();
    // Between readings only the kernel watches: its high-water mark is of the whole life of the process.
    const exactPeak = highWaterBytes > this.#highWaterBytes;
    const peak = exactPeak ? { ...this.#peak, rssBytes: Math.max(highWaterBytes, this.#peak.rssBytes) } : this.#peak;
    const start = this.#start;
    this.#report = {
      name: this.name,
      start,
      end,
      delta: delta(start, end),
      peak: mapSizes((column) => peak[column]),
      peakGrowth: mapSizes((column) => peak[column] - start[column]),
      exactPeak,
      overlapped: this.#overlapped,
    };
    this.#host.close(this, this.#report);
    return this.#report;
  }

  /** Ends the phase. */
  [Symbol.dispose](): void {
    this.end();
  }
}
