/**
 * A heap snapshot of this thread that does not end the program: what it will cost is told first, and it is refused where
 * that does not fit. A capture stops the thread throughout; the file holds every string of the heap, in either form.
 */
import { Session } from "node:inspector";
import type { Readable } from "node:stream";
import { getHeapSnapshot, writeHeapSnapshot } from "node:v8";
import { publish } from "../base/channels.ts";
import { type CapturePrediction, predictCapture, predictPacking, readHeapSizes } from "./capture-estimate.ts";
import { type CaptureBounds, type Headroom, readHeadroom, refuseCapture } from "./capture-headroom.ts";
import { CompactWriter } from "./compact-writer.ts";
import { checkRoom, failSnapshot, finishSnapshot, partialName } from "./finished-snapshot.ts";
import { countObjects } from "./object-count.ts";

/** Where a snapshot goes, and what it may cost. */
export interface CaptureOptions extends CaptureBounds {
  /** Path of the new file, which ends in `.heapsnapshot` for browsers to open it. */
  readonly file: string;
}

/** What a capture would cost, and what there is. */
export interface CapturePlan {
  /** Bounds of what it will take. */
  readonly prediction: CapturePrediction;
  /** What the process may still take. */
  readonly headroom: Headroom;
}

/** A snapshot that was written. */
export interface CapturedHeap extends CapturePlan {
  /** Path of the file. */
  readonly file: string;
  /** Its size in bytes. */
  readonly fileBytes: number;
  /** How long the thread was stopped, in milliseconds. */
  readonly pauseMs: number;
}

/** Before it V8 computes the line ends of a script anew for each closure: 86 % of the pause with large scripts. */
const SLOW_LINE_ENDS = 20;
const NODE_MAJOR = Number.parseInt(process.versions.node, 10);

/**
 * Predicts a capture of the calling thread; takes 50 to 300 ms, most of it in large heaps.
 */
export function planCapture(): CapturePlan {
  return { prediction: predictCapture(readHeapSizes(), countObjects(), NODE_MAJOR), headroom: readHeadroom() };
}

/**
 * Writes a heap snapshot of the calling thread, if that fits. Publishes `plimsoll:capture:begin` and `plimsoll:capture:end`.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_CAPTURE_REFUSED` when it is predicted not to fit, `ERR_PLIMSOLL_CAPTURE_FAILED` when
 * the file did not become whole, `ERR_PLIMSOLL_UNWRITABLE` when there is no such folder.
 */
export function captureHeap({ file, ...bounds }: CaptureOptions): CapturedHeap {
  const plan = admit(bounds);
  checkRoom(file, plan.prediction.fileBytes);
  publish("plimsoll:capture:begin", () => ({ file, ...plan }));
  const began = performance.now();
  using _ = withoutLineEnds();
  try {
    writeHeapSnapshot(partialName(file));
  } catch (cause) {
    throw failSnapshot(file, cause);
  }
  const captured = { ...plan, file, fileBytes: finishSnapshot(file), pauseMs: performance.now() - began };
  publish("plimsoll:capture:end", () => captured);
  return captured;
}

/**
 * The same, straight into the compact form, about a ninth of the size; `openHeap` opens it, a browser does not. What
 * touches the disk is that file alone, under the name `FILE.partial` until it is whole, mode 0600: V8 hands its text over in
 * pieces of up to 1 MB, and each is packed before the next is made. So the pause is longer by the packing, 0.6 to 0.8 us an
 * object, and the peak of memory by that of the pieces, up to 130 MB on Node 24: `plimsoll heap capture PID --compact` costs
 * the program neither. A program that is killed meanwhile leaves the `.partial` file, with what was packed so far.
 *
 * @throws as {@link captureHeap} does.
 */
export async function captureCompactHeap({ file, ...bounds }: CaptureOptions): Promise<CapturedHeap> {
  const plan = admit(bounds, (plain) => predictPacking(plain, NODE_MAJOR));
  checkRoom(file, plan.prediction.fileBytes);
  publish("plimsoll:capture:begin", () => ({ file, ...plan }));
  const began = performance.now();
  let fileBytes: number;
  try {
    using writer = new CompactWriter(file);
    using _ = withoutLineEnds();
    await takeInPieces(openSession(), (piece) => writer.write(Buffer.from(piece, "latin1")));
    fileBytes = writer.finish();
  } catch (cause) {
    throw failSnapshot(file, cause);
  }
  const captured = { ...plan, file, fileBytes, pauseMs: performance.now() - began };
  publish("plimsoll:capture:end", () => captured);
  return captured;
}

let isTaking = false;

/** V8 writes all that is not ASCII as escapes. It does not stop when `take` fails, so the first failure is kept. */
async function takeInPieces(session: Session, take: (piece: string) => void): Promise<void> {
  // From Node 22 on it begins with another turn of the event loop, and the pieces of two could not be told apart.
  if (isTaking) throw new Error("another compact capture goes on");
  isTaking = true;
  let failure: { readonly cause: unknown } | undefined;
  const onPiece = ({ params }: { params: { chunk: string } }): void => {
    if (failure) return;
    try {
      take(params.chunk);
    } catch (cause) {
      failure = { cause };
    }
  };
  session.on("HeapProfiler.addHeapSnapshotChunk", onPiece);
  try {
    await new Promise<void>((resolve, reject) => {
      session.post("HeapProfiler.takeHeapSnapshot", (error) => (error ? reject(error) : resolve()));
    });
  } finally {
    isTaking = false;
    session.off("HeapProfiler.addHeapSnapshotChunk", onPiece);
  }
  if (failure) throw failure.cause;
}

/**
 * The same as a stream of JSON text without a file. The program's memory grows as much as with a file, and by the text
 * besides: V8 makes all of it at the first read. Prefer {@link captureCompactHeap} where a file will do.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_CAPTURE_REFUSED` when it is predicted not to fit.
 */
export function streamHeap(bounds: CaptureBounds = {}): { readonly stream: Readable; readonly plan: CapturePlan } {
  const plan = admit(bounds, (plain) => ({ ...plain, extraBytes: plain.extraBytes + plain.fileBytes }));
  using _ = withoutLineEnds();
  return { stream: getHeapSnapshot(), plan };
}

let kept: Session | undefined;

function admit(bounds: CaptureBounds, adapt = (plain: CapturePrediction): CapturePrediction => plain): CapturePlan {
  const { prediction: plain, headroom } = planCapture();
  const prediction = adapt(plain);
  const refusal = refuseCapture(prediction, headroom, bounds);
  if (refusal !== undefined) throw refusal;
  return { prediction, headroom };
}

/** Never disconnected: with any session that ends V8 forgets the ids of objects, by which snapshots of one process are compared. */
function openSession(): Session {
  if (!kept) {
    kept = new Session();
    kept.connect();
  }
  return kept;
}

/** A debugger keeps the line ends of every script; see https://github.com/nodejs/node/issues/34826. */
function withoutLineEnds(): Disposable {
  if (NODE_MAJOR > SLOW_LINE_ENDS) return { [Symbol.dispose]: () => {} };
  const session = openSession();
  session.post("Debugger.enable");
  return { [Symbol.dispose]: () => session.post("Debugger.disable") };
}
