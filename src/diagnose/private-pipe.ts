/**
 * A pipe without a name, through which another process hands over what it would write to a file: the path leads through
 * `/proc` to the end that is open here. When this process ends, the path is gone and the writer gets an error; it never
 * waits for a reader that will not come. While the pipe is open, Ctrl-Z is not obeyed, because the writer would stand still too.
 */
import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PlimsollError } from "../base/errors.ts";

const MKFIFO_MS = 5_000;

/** Lives until it is disposed of. */
export class PrivatePipe implements Disposable {
  /** Where the other process writes. */
  readonly path: string;
  readonly #socket: Socket;
  readonly #ended: Promise<void>;
  #writeEnd: number | undefined;
  #failure: { readonly cause: unknown } | undefined;

  /**
   * @param take - what comes through; when it throws, the rest is read and thrown away, so that the writer gets on.
   * @throws PlimsollError `ERR_PLIMSOLL_CAPTURE_FAILED` where there are no such pipes.
   */
  constructor(take: (piece: Buffer) => void) {
    const { readEnd, writeEnd } = openEnds();
    this.#writeEnd = writeEnd;
    this.path = `/proc/${process.pid}/fd/${writeEnd}`;
    this.#socket = new Socket({ fd: readEnd, readable: true, writable: false });
    this.#socket.on("data", (piece: Buffer) => {
      if (this.#failure) return;
      try {
        take(piece);
      } catch (cause) {
        this.#failure = { cause };
      }
    });
    this.#ended = new Promise((resolve, reject) => {
      this.#socket.once("end", resolve);
      this.#socket.once("error", reject);
    });
    this.#ended.catch(() => {}); // told by `end`
    process.on("SIGTSTP", ignore);
  }

  /**
   * Waits until all that was written has been taken. To be called when the other process has closed its end.
   *
   * @throws what `take` has thrown.
   */
  async end(): Promise<void> {
    this.#closeWriteEnd();
    await this.#ended;
    if (this.#failure) throw this.#failure.cause;
  }

  /** A writer that goes on gets an error. */
  [Symbol.dispose](): void {
    this.#closeWriteEnd();
    this.#socket.destroy();
    process.removeListener("SIGTSTP", ignore);
  }

  #closeWriteEnd(): void {
    if (this.#writeEnd !== undefined) closeSync(this.#writeEnd);
    this.#writeEnd = undefined;
  }
}

function ignore(): void {}

/** Node.js makes no pipes with two ends here; one with a name does, and loses it at once. */
function openEnds(): { readonly readEnd: number; readonly writeEnd: number } {
  const directory = mkdtempSync(join(tmpdir(), "plimsoll-pipe-"));
  try {
    if (process.platform !== "linux") throw new Error("only Linux has what it takes");
    const path = join(directory, "pipe");
    execFileSync("mkfifo", ["-m", "600", path], { timeout: MKFIFO_MS, stdio: "ignore" });
    const readEnd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { readEnd, writeEnd: openSync(path, constants.O_WRONLY | constants.O_NONBLOCK) };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PlimsollError(
      "ERR_PLIMSOLL_CAPTURE_FAILED",
      `A compact capture needs a pipe, and none could be made: ${why}.\nCapture without --compact.`,
      { cause },
    );
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
