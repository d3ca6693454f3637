/**
 * Builds a log: steps into records, a keyframe when it is worth its bytes, names. The store builds the log
 * of its program with it, and compaction the one that takes its place.
 */
import type { Graph } from "./graph.ts";
import { KeyframeWriter, type Recall } from "./keyframe.ts";
import type { LogWriter } from "./log-writer.ts";
import { nameRecord } from "./names.ts";
import { PageTable } from "./page-table.ts";
import { HEADER_BYTES, RECORD } from "./record.ts";
import type { LogContent } from "./recovery.ts";
import { StepsWriter } from "./steps-record.ts";
import type { Slices } from "./turn.ts";

/** Steps go to the log in records of this size. */
const RECORD_BYTES = 64 * 1024;
/** A state that is small gets no keyframe before so many bytes of log, nor one after more than the option says. */
const MIN_LOG_BYTES = 16 * 1024;
/** A restore follows at most so many branch points back to its keyframe. */
const MAX_LINES = 16;

/** The end of a log, and what is known of it. */
export class LogBuilder {
  readonly content: LogContent;
  readonly log: LogWriter;
  readonly #maxLogBytes: number;
  readonly #steps = new StepsWriter();
  readonly #keyframes: KeyframeWriter;
  /** Of the step that the next one follows. */
  table = new PageTable();
  /** Log since the keyframe of that step, in bytes, and branch points. */
  logBytes = 0;
  lines = 0;
  #last: number;

  /**
   * @param maxLogBytes - log after which a keyframe is written in any case.
   * @param recall - reads pages of this log.
   */
  constructor(content: LogContent, log: LogWriter, maxLogBytes: number, recall: Recall) {
    this.content = content;
    this.log = log;
    this.#maxLogBytes = maxLogBytes;
    this.#keyframes = new KeyframeWriter(recall);
    this.#last = content.index.last;
  }

  /** The newest step. */
  get last(): number {
    return Math.max(this.#last, this.content.index.last);
  }

  /** Steps that are kept. */
  get size(): number {
    return this.content.index.count + this.#steps.count;
  }

  /** Bytes that the log was not given yet. */
  get unsealedBytes(): number {
    return this.#steps.bytes;
  }

  /** Adds a step that follows `parent`. */
  add(step: number, timeMs: number, parent: number, cells: number, content: Uint8Array): void {
    const follows = parent === this.#last && parent !== 0;
    if (!follows || this.#steps.bytes >= RECORD_BYTES) this.seal();
    if (!follows) this.lines++;
    this.#steps.add(step, timeMs, follows ? undefined : parent, cells, content);
    this.#last = step;
    this.logBytes += content.length + 3;
  }

  /** True when the log since the last keyframe is half of what a keyframe costs, which keeps restores short and the disk small, or is long. */
  isKeyframeDue(dirtyPages: number): boolean {
    const worth = 0.5 * dirtyPages * this.#keyframes.pageBytes;
    return this.logBytes >= Math.min(this.#maxLogBytes, Math.max(MIN_LOG_BYTES, worth)) || this.lines >= MAX_LINES;
  }

  /** Writes the newest step as a whole: the pages that `graph` says are dirty. */
  addKeyframe(graph: Graph): void {
    const writing = this.#keyframe(graph);
    while (!writing.next().done) continue;
  }

  /** The same in slices; nothing may be added meanwhile. */
  async addKeyframeIn(slices: Slices, graph: Graph): Promise<void> {
    const writing = this.#keyframe(graph);
    while (!writing.next().done) if (slices.isOver) await slices.pause();
  }

  *#keyframe(graph: Graph): Generator<void, void> {
    this.seal();
    const base = this.log.next() + HEADER_BYTES;
    const content = yield* this.#keyframes.write(graph, this.table, this.#last, base);
    const position = this.log.append(RECORD.keyframe, content);
    this.content.index.addKeyframe({ step: this.#last, position, end: this.log.end });
    this.logBytes = 0;
    this.lines = 0;
  }

  /** Names a step, or makes a branch the current one. */
  addName(what: "tag" | "branch", name: string, step: number): void {
    this.seal();
    const record = nameRecord(what, name, step);
    this.log.append(RECORD.names, record);
    this.content.names.apply(record);
  }

  /** Gives the collected steps to the log. */
  seal(): void {
    if (this.#steps.count === 0) return;
    const { first, last, count, parent } = this.#steps.header;
    const position = this.log.append(RECORD.steps, ...this.#steps.take());
    this.content.index.addSteps(first, last, count, parent, position);
  }
}
