/**
 * Stands between stdin and the protocol: passes whole lines on, none longer than it may be, and none while the client does not read what
 * it was answered. Without it a line that never ends, or a client that only asks, would grow the server without bound.
 */
import { type Readable, Transform, type TransformCallback, type Writable } from "node:stream";

const MOST_LINE_BYTES = 256 * 1024;
const NEWLINE = 10;

/** Lines of a stream. */
export class LineGate extends Transform {
  readonly #answers: Writable;
  #parts: Buffer[] = [];
  #bytes = 0;
  #isTooLong = false;

  /** @param answers - where the protocol writes to. */
  constructor(source: Readable, answers: Writable) {
    super();
    this.#answers = answers;
    source.pipe(this);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      this.#take(chunk.subarray(from, at + 1));
      this.#end();
      from = at + 1;
    }
    this.#take(chunk.subarray(from));
    if (this.#answers.writableNeedDrain) this.#answers.once("drain", () => done());
    else done();
  }

  #take(part: Buffer): void {
    if (this.#isTooLong || part.length === 0) return;
    this.#bytes += part.length;
    if (this.#bytes <= MOST_LINE_BYTES) this.#parts.push(Buffer.from(part));
    else {
      this.#isTooLong = true;
      this.#parts = [];
    }
  }

  #end(): void {
    if (this.#isTooLong) {
      const message = `A message of more than ${MOST_LINE_BYTES} bytes was dropped.`;
      this.#answers.write(`${JSON.stringify({ jsonrpc: "2.0", id: null, error: { code: -32600, message } })}\n`);
    } else if (this.#bytes > 1) this.push(Buffer.concat(this.#parts));
    this.#parts = [];
    this.#bytes = 0;
    this.#isTooLong = false;
  }
}
