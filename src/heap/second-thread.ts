/**
 * Another thread that works in the same memory while this one goes on. This thread may block, so the answer is waited for
 * with Atomics and not with messages; what does not answer is done here.
 */
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import type { SnapshotFunctions, Workspace } from "./kernels.ts";
import { BODY, BUSY, DONE, FAILED, IDLE, STOPPED } from "./second-thread-body.ts";

const PATIENCE_MS = 60_000;

/** The edges of a snapshot from their end backwards, until none are left to claim. */
interface EdgesJob {
  /** Of the open file. */
  readonly descriptor: number;
  /** No edge begins before this place in the file; `end` is where their section ends. */
  readonly from: number;
  /** See `from`. */
  readonly end: number;
  /** Rows there are. */
  readonly rows: number;
  /** Rows that are claimed together. */
  readonly rowsAClaim: number;
  /** Rows from one mark to the next. */
  readonly rowsAMark: number;
  /** Claims that are left: the last entry is counted down here, the first by who goes forward. */
  readonly claims: Int32Array;
  /** Where rows begin in the file. */
  readonly marks: Float64Array;
  /** Becomes the first row that was taken, and where it begins. */
  readonly met: Float64Array;
  /** Address of room for `pieceBytes` of text. */
  readonly text: number;
  /** See `text`. */
  readonly pieceBytes: number;
  /** Of `parseEdgesBackward`: those between the text's addresses and the targets. */
  readonly parameters: readonly number[];
  /** Address. */
  readonly targets: number;
  /** Of `parseEdgesBackward`: those between the count of rows and the result. */
  readonly rest: readonly number[];
  /** Address. */
  readonly result: number;
}

/** Lives as long as a snapshot is being opened. */
export class SecondThread implements Disposable {
  readonly #state = new Int32Array(new SharedArrayBuffer(4));
  readonly #port: MessagePort;

  /** Starts it; that takes some 40 ms, in which the caller goes on. */
  constructor({ module, memory }: Workspace) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const worker = new Worker(BODY, {
      eval: true,
      workerData: { module, memory, state: this.#state, port: port2 },
      transferList: [port2],
      resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
      execArgv: [],
    });
    worker.unref();
    port1.unref();
    worker.on("error", () => {});
  }

  /**
   * Gives it a job; it can do one at a time.
   *
   * @returns waits until it is done. False when it failed.
   */
  run(name: keyof SnapshotFunctions, parameters: readonly number[]): () => boolean;
  run(name: "edges", parameters: EdgesJob): () => boolean;
  run(name: string, parameters: unknown): () => boolean {
    this.#port.postMessage({ name, parameters }, []);
    Atomics.store(this.#state, 0, BUSY);
    Atomics.notify(this.#state, 0);
    return () => {
      Atomics.wait(this.#state, 0, BUSY, PATIENCE_MS);
      const state = Atomics.load(this.#state, 0);
      // A thread that is still at it would write into what is used for something else next.
      if (state === BUSY) throw new Error(`${name} on the second thread does not end`);
      if (state === DONE || state === FAILED) {
        Atomics.store(this.#state, 0, IDLE);
        Atomics.notify(this.#state, 0);
      }
      return state === DONE;
    };
  }

  /** Lets it end, once its job is done. */
  [Symbol.dispose](): void {
    Atomics.store(this.#state, 0, STOPPED);
    Atomics.notify(this.#state, 0);
    this.#port.close();
  }
}
