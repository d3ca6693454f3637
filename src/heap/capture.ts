/**
 * A heap snapshot of this thread that does not end the program: what it will cost is told first, and it is refused where
 * that does not fit. A capture stops the thread throughout; the file holds every string of the heap.
 */
import { Session } from "node:inspector";
import type { Readable } from "node:stream";
import { getHeapSnapshot, writeHeapSnapshot } from "node:v8";
import { publish } from "../base/channels.ts";
import { type CapturePrediction, predictCapture, readHeapSizes } from "./capture-estimate.ts";
import { type CaptureBounds, type Headroom, readHeadroom, refuseCapture } from "./capture-headroom.ts";
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
 * The same as a stream of JSON text without a file: read it at your own pace, V8 goes on only as it is read. The program's
 * memory grows as much as with a file; the snapshot is kept until the stream has ended or is destroyed.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_CAPTURE_REFUSED` when it is predicted not to fit.
 */
export function streamHeap(bounds: CaptureBounds = {}): { readonly stream: Readable; readonly plan: CapturePlan } {
  const plan = admit(bounds);
  using _ = withoutLineEnds();
  return { stream: getHeapSnapshot(), plan };
}

let debugging: Session | undefined;

function admit(bounds: CaptureBounds): CapturePlan {
  const plan = planCapture();
  const refusal = refuseCapture(plan.prediction, plan.headroom, bounds);
  if (refusal !== undefined) throw refusal;
  return plan;
}

/**
 * A debugger keeps the line ends of every script; see https://github.com/nodejs/node/issues/34826. Its session stays: with any
 * that ends V8 forgets the ids of objects, by which snapshots of one process are compared.
 */
function withoutLineEnds(): Disposable {
  if (NODE_MAJOR > SLOW_LINE_ENDS) return { [Symbol.dispose]: () => {} };
  if (!debugging) {
    debugging = new Session();
    debugging.connect();
  }
  const session = debugging;
  session.post("Debugger.enable");
  return { [Symbol.dispose]: () => session.post("Debugger.disable") };
}
