/**
 * How far chains are, on stderr: on a terminal a line a chain that is drawn anew, elsewhere a line every five seconds. The
 * time left follows from the pace of the last ten seconds, since warm-up is slower than what comes after it.
 */
import type { ChainProgress } from "../workers/fit-in-workers.ts";

/** A stream as far as it is used here. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

const LINE_EVERY_MS = 5_000;
const PACE_OVER_MS = 10_000;
/** Columns beside the bar. */
const WORDS = 62;

/** Shows progress. */
export class Progress {
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  /** Draws of each chain at some times. */
  readonly #history: { readonly atMs: number; readonly made: readonly number[] }[] = [];
  #lastLineMs: number;
  #drawn = 0;

  /** @param now - milliseconds. */
  constructor(stream: ProgressStream, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#now = now;
    this.#lastLineMs = now();
  }

  /** Shows where chains are. */
  show(chains: readonly ChainProgress[]): void {
    const atMs = this.#now();
    this.#history.push({ atMs, made: chains.map(({ made }) => made) });
    while ((this.#history[1]?.atMs ?? Infinity) <= atMs - PACE_OVER_MS) this.#history.shift();
    const { isTTY, rows = 24 } = this.#stream;
    if (isTTY)
      return this.#draw(chains.length < rows ? chains.map((each, i) => this.#line(each, i)) : [this.#sum(chains)]);
    if (atMs - this.#lastLineMs < LINE_EVERY_MS) return;
    this.#lastLineMs = atMs;
    this.#stream.write(`${this.#sum(chains)}\n`);
  }

  /** What is said after it stands below what was drawn. */
  end(): void {
    this.#drawn = 0;
  }

  #draw(lines: readonly string[]): void {
    const width = this.#stream.columns ?? 80;
    const up = this.#drawn > 0 ? `\u001B[${this.#drawn}A` : "";
    this.#stream.write(up + lines.map((line) => `\u001B[2K${line.slice(0, width - 1)}\n`).join(""));
    this.#drawn = lines.length;
  }

  #line({ made, total, isWarm, divergences }: ChainProgress, index: number): string {
    const width = Math.min(40, Math.max(8, (this.#stream.columns ?? 80) - WORDS));
    const filled = Math.round((width * made) / total);
    const bar = "━".repeat(filled) + "╌".repeat(width - filled);
    const state = made === 0 ? "waits" : made >= total ? "done" : isWarm ? "draws" : "warms up";
    const left = made > 0 && made < total ? `${this.#left(index, total - made)} left` : "";
    const of = `${grouped(made)} of ${grouped(total)}`;
    const trouble = divergences > 0 ? `${grouped(divergences)} diverged` : "";
    return `chain ${index + 1} ${bar} ${state.padEnd(8)} ${of.padEnd(16)} ${left.padEnd(10)} ${trouble}`.trimEnd();
  }

  #sum(chains: readonly ChainProgress[]): string {
    const [made, total, divergences] = [
      (each: ChainProgress) => each.made,
      (each: ChainProgress) => each.total,
      (each: ChainProgress) => each.divergences,
    ].map((read) => chains.reduce((sum, each) => sum + read(each), 0)) as [number, number, number];
    const share = `${Math.floor((100 * made) / total)} %`;
    const trouble = divergences > 0 ? `, ${grouped(divergences)} diverged` : "";
    const left = made < total ? `, ${this.#left(undefined, total - made)} left` : "";
    return `bayes: ${share}, ${grouped(made)} of ${grouped(total)} draws${trouble}${left}`;
  }

  /** Time for so many draws at the pace of one chain, or of all. */
  #left(index: number | undefined, draws: number): string {
    const [first, last] = [this.#history[0], this.#history.at(-1)];
    if (!first || !last) return "?";
    const count = (made: readonly number[]): number =>
      index === undefined ? made.reduce((sum, each) => sum + each, 0) : (made[index] ?? 0);
    const pace = (count(last.made) - count(first.made)) / (last.atMs - first.atMs);
    return pace > 0 ? inWords(draws / pace) : "?";
  }
}

const grouped = (value: number): string => value.toLocaleString("en-US");

function inWords(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${(minutes / 60).toFixed(1)} h`;
}
