/**
 * The values that travel between nodes. Small ones are held; a large one is held while there is room in its budget, and lies in a file
 * where there is none, or always where a run has to survive. A value goes when its last reader is done.
 */
import { deserialize, serialize } from "node:v8";
import { estimateBytes, MemoryBudget, type MemoryLease } from "plimsoll/budget";
import { WorkflowError, wordsOf } from "../workflow-error.ts";
import type { ValueFiles } from "./value-files.ts";

/** How a value is kept in a checkpoint: as it is, or by the name of its file. */
export type Stored = { readonly value: unknown } | { readonly file: string; readonly bytes: number };

/** A value that somebody will read. */
export interface Held {
  /** How a checkpoint keeps it. */
  readonly stored: Stored;
  /** True when it has a file, or a part of the memory. */
  readonly isLarge: boolean;
  /** Gives it, from its file where it is not in memory. */
  load(): Promise<unknown>;
}

/** What there is of values now. */
export interface ValueStatus {
  /** Large values in memory. */
  readonly heldBytes: number;
  /** Large values in files. */
  readonly fileBytes: number;
  /** Large values so far, how many went to files, and how many were read back from them. */
  readonly large: number;
  readonly written: number;
  readonly readBack: number;
}

/** How values are kept. */
export interface ValueOptions {
  readonly files: ValueFiles;
  /** Most bytes of large values in memory. */
  readonly memoryBytes: number;
  /** From which a value is large. */
  readonly largeBytes: number;
  /** True when large values have to survive the process. */
  readonly isDurable: boolean;
}

class HeldValue implements Held {
  readonly stored: Stored;
  readonly isLarge: boolean;
  readonly #files: ValueFiles;
  readonly #onRead: () => void;
  #held: { readonly value: unknown; readonly lease: MemoryLease | undefined } | undefined;

  constructor(
    stored: Stored,
    held: { readonly value: unknown; readonly lease: MemoryLease | undefined } | undefined,
    files: ValueFiles,
    onRead: () => void,
  ) {
    this.stored = stored;
    this.isLarge = "file" in stored || held?.lease !== undefined;
    this.#held = held;
    this.#files = files;
    this.#onRead = onRead;
  }

  async load(): Promise<unknown> {
    if (this.#held) return this.#held.value;
    if (!("file" in this.stored)) return this.stored.value;
    this.#onRead();
    // A typed array inside of it is a view of what was read.
    return deserialize(await this.#files.read(this.stored.file));
  }

  /** Lets go of what it holds in memory. */
  drop(): void {
    this.#held?.lease?.release();
    this.#held = undefined;
  }
}

/** Keeps them. */
export class Values {
  readonly #options: ValueOptions;
  readonly #budget: MemoryBudget;
  /** Names of files differ also from those of earlier processes. */
  readonly #prefix = `${Date.now().toString(36)}-${process.pid.toString(36)}`;
  #names = 0;
  /** Files of runs of this process, and their bytes. */
  readonly #written = new Map<string, number>();
  #fileBytes = 0;
  #counts = { large: 0, written: 0, readBack: 0 };

  constructor(options: ValueOptions) {
    this.#options = options;
    this.#budget = new MemoryBudget({ name: "values", limit: Math.max(1, Math.floor(options.memoryBytes)) });
  }

  /**
   * Keeps a value.
   *
   * @param owner - the node that gave it, for messages.
   * @throws WorkflowError `ERR_WORKFLOW_STORAGE` when its file cannot be written, `ERR_WORKFLOW_NODE` when it cannot be kept at all.
   */
  async put(value: unknown, owner: string): Promise<Held> {
    const { largeBytes, isDurable } = this.#options;
    const bytes = estimateBytes(value);
    if (bytes < largeBytes) return this.#make({ value }, { value, lease: undefined });
    this.#counts.large++;
    const lease = this.#budget.tryReserve(bytes, owner);
    if (!isDurable && lease) return this.#make({ value }, { value, lease });
    try {
      return this.#make(await this.write(value, owner), lease && { value, lease });
    } catch (error) {
      lease?.release();
      throw error;
    }
  }

  /** Writes a value to a file, whatever its size. @throws WorkflowError as `put` */
  async write(value: unknown, owner: string): Promise<Stored> {
    const name = `${this.#prefix}-${(this.#names++).toString(36)}`;
    const encoded = encode(value, owner);
    await this.#options.files.write(name, encoded);
    this.#counts.written++;
    this.#count(name, encoded.length);
    return { file: name, bytes: encoded.length };
  }

  /** A value that somebody else keeps anyway. */
  hold(value: unknown): Held {
    return this.#make({ value }, { value, lease: undefined });
  }

  /** A value of a checkpoint. */
  restore(stored: Stored): Held {
    if ("file" in stored) this.#count(stored.file, stored.bytes);
    return this.#make(stored, undefined);
  }

  /** The last reader is done: memory at once. */
  drop(held: Held): void {
    if (held instanceof HeldValue) held.drop();
  }

  /** And the file, once no checkpoint names it. */
  async remove(stored: Stored): Promise<void> {
    if (!("file" in stored)) return;
    this.#fileBytes -= this.#written.get(stored.file) ?? 0;
    this.#written.delete(stored.file);
    await this.#options.files.remove(stored.file);
  }

  /** What there is now. */
  status(): ValueStatus {
    return { heldBytes: this.#budget.usedBytes, fileBytes: this.#fileBytes, ...this.#counts };
  }

  /** The values of one run. */
  forRun(): RunValues {
    return new RunValues(this, this.#options.isDurable);
  }

  #count(file: string, bytes: number): void {
    if (this.#written.has(file)) return;
    this.#written.set(file, bytes);
    this.#fileBytes += bytes;
  }

  #make(stored: Stored, held: { readonly value: unknown; readonly lease: MemoryLease | undefined } | undefined): Held {
    return new HeldValue(stored, held, this.#options.files, () => void this.#counts.readBack++);
  }
}

/** The values of one run: what is left of them when it ends goes, however it ends. */
export class RunValues {
  readonly #values: Values;
  readonly #isDurable: boolean;
  readonly #live = new Set<Held>();

  constructor(values: Values, isDurable: boolean) {
    this.#values = values;
    this.#isDurable = isDurable;
  }

  /** Keeps a value. @throws WorkflowError as {@link Values.put} */
  async put(value: unknown, owner: string): Promise<Held> {
    return this.#add(await this.#values.put(value, owner));
  }

  /** A value that somebody else keeps anyway. */
  hold(value: unknown): Held {
    return this.#values.hold(value);
  }

  /** A value of a checkpoint. */
  restore(stored: Stored): Held {
    return this.#add(this.#values.restore(stored));
  }

  /** The last reader is done: memory at once. */
  drop(held: Held): void {
    this.#values.drop(held);
  }

  /** And the file, once no checkpoint names it. */
  async remove(held: Held): Promise<void> {
    this.#live.delete(held);
    await this.#values.remove(held.stored);
  }

  /**
   * Ends it.
   *
   * @param output - its file stays where it has to survive; undefined when the run has failed, which may go on with all of its files.
   */
  async end(output: Held | undefined): Promise<void> {
    for (const held of this.#live) {
      this.#values.drop(held);
      if (!this.#isDurable || (output && held.stored !== output.stored)) await this.#values.remove(held.stored);
    }
    this.#live.clear();
  }

  /** Small values are nobody's concern. */
  #add(held: Held): Held {
    if (held.isLarge) this.#live.add(held);
    return held;
  }
}

function encode(value: unknown, owner: string): Buffer {
  try {
    return serialize(value);
  } catch (error) {
    throw new WorkflowError(
      "ERR_WORKFLOW_NODE",
      `The node "${owner}" gave a value that cannot be kept: ${wordsOf(error)} Give plain data.`,
      { node: owner },
      error,
    );
  }
}
