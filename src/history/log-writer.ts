/**
 * Writes records to the end of a log. A storage that answers at once is written to at once; what an
 * asynchronous one has not taken yet is kept here and counted. After a failure nothing more is written:
 * what was taken before can still be read, and opening again cuts off the rest.
 */
import { PlimsollError } from "../base/errors.ts";
import { ByteWriter } from "./byte-writer.ts";
import type { HistoryStorage } from "./driver.ts";
import { FORMAT, offsetOf, positionOf, RECORD, sealRecord, segmentName, segmentOf } from "./record.ts";

/** The end of a log. */
export class LogWriter {
  readonly #storage: HistoryStorage;
  readonly #where: string;
  readonly generation: number;
  readonly #segmentBytes: number;
  readonly #out = new ByteWriter();
  #end: number;
  #taken: number;
  #queue: Promise<void> | undefined;
  #failure: PlimsollError | undefined;
  /** Bytes that an asynchronous storage has not taken yet. */
  pendingBytes = 0;

  /**
   * @param where - the storage's name, for errors.
   * @param end - where the log ends.
   */
  constructor(storage: HistoryStorage, where: string, generation: number, end: number, segmentBytes: number) {
    this.#storage = storage;
    this.#where = where;
    this.generation = generation;
    this.#end = end;
    this.#taken = end;
    this.#segmentBytes = segmentBytes;
  }

  /** Where the next record will begin; opens a new segment when this one is full. */
  next(): number {
    if (offsetOf(this.#end) >= this.#segmentBytes) this.#end = positionOf(segmentOf(this.#end) + 1, 0);
    if (offsetOf(this.#end) === 0) this.#write(sealRecord(RECORD.start, [Uint8Array.of(FORMAT)], this.#out));
    return this.#end;
  }

  /**
   * Appends a record. Returns its position.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_UNWRITABLE` when the storage has refused this one or one before.
   */
  append(type: number, ...content: readonly Uint8Array[]): number {
    const position = this.next();
    this.#write(sealRecord(type, content, this.#out));
    return position;
  }

  /** Where the last record ends. */
  get end(): number {
    return this.#end;
  }

  /** Where the last record ends that the storage has taken. */
  get taken(): number {
    return this.#taken;
  }

  /** Why nothing more is written. */
  get failure(): PlimsollError | undefined {
    return this.#failure;
  }

  /** Resolves when the storage has taken everything, or has failed. */
  async settle(): Promise<void> {
    while (this.#queue) await this.#queue;
  }

  #write(bytes: Uint8Array): void {
    if (this.#failure) throw this.#failure;
    const name = segmentName(this.generation, segmentOf(this.#end));
    const end = this.#end + bytes.length;
    try {
      const taken = this.#queue ? this.#late(this.#queue, name, bytes.slice()) : this.#storage.append(name, bytes);
      if (taken instanceof Promise) this.#await(taken, bytes.length, end);
      else this.#taken = end;
    } catch (error) {
      throw this.#fail(error);
    }
    this.#end = end;
  }

  async #late(queue: Promise<void>, name: string, bytes: Uint8Array): Promise<void> {
    await queue;
    if (!this.#failure) await this.#storage.append(name, bytes);
  }

  #await(taken: Promise<void>, bytes: number, end: number): void {
    this.pendingBytes += bytes;
    const queue = taken.then(
      () => {
        if (!this.#failure) this.#taken = end;
      },
      (error: unknown) => void this.#fail(error),
    );
    const done: Promise<void> = queue.then(() => {
      this.pendingBytes -= bytes;
      if (this.#queue === done) this.#queue = undefined;
    });
    this.#queue = done;
  }

  #fail(error: unknown): PlimsollError {
    const why = error instanceof Error ? error.message : String(error);
    this.#failure ??= new PlimsollError(
      "ERR_PLIMSOLL_UNWRITABLE",
      `${this.#where} takes no more: ${why}. Steps since the last flush() may be lost; all before can be read. Make room, then open it again.`,
      { details: { storage: this.#where }, cause: error },
    );
    return this.#failure;
  }
}
