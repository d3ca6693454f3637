/**
 * What a program holds at a moment, right after full collections: bytes of this thread's heap, but for code, and beside it, handles
 * and requests that keep it running, listeners of `process`, values that a scope owns. Event-loop turns come first, so that
 * timers which are due end, sockets close and finalizers run.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { getHeapCodeStatistics } from "node:v8";
import { forceGC } from "../monitor/force-gc.ts";
import { ledger } from "../scope/index.ts";
import type { Floor } from "./growth.ts";

/** Kinds of memory that are judged, in the order in which they are told. */
export const BYTE_KINDS = ["JavaScript heap", "array buffers", "other external memory"] as const;

/** What is held, by name: bytes of {@link BYTE_KINDS}, pieces of everything else, such as `Timeout handles`. */
export type Footprint = ReadonlyMap<string, number>;

/** Bytes below this are never a leak: inline caches and feedback of the measured code come and go by as much. */
const BYTE_FLOOR: Floor = { perCall: 16, perRound: 1024 };
/** One piece in twenty calls. */
const PIECE_FLOOR: Floor = { perCall: 0.05, perRound: 1 };
const TURNS = 3;
/** V8 throws away code that six or so major collections in a row found unused; a reading makes two. */
const MIN_SETTLINGS = 4;
const MAX_SETTLINGS = 10;
const STILL_BYTES = 256;

/** Which growth of a kind counts. */
export function floorOf(kind: string): Floor {
  return isBytes(kind) ? BYTE_FLOOR : PIECE_FLOOR;
}

/** True for kinds that are counted in bytes. */
export function isBytes(kind: string): boolean {
  return (BYTE_KINDS as readonly string[]).includes(kind);
}

/** Lets the event loop turn, collects all garbage, reads. */
export async function readFootprint(): Promise<Footprint> {
  for (let turn = 0; turn < TURNS; turn += 1) await nextTurn();
  const { after } = forceGC();
  const pieces = new Map<string, number>();
  for (const type of process.getActiveResourcesInfo()) {
    // The turns above are made of immediates.
    if (type !== "Immediate") pieces.set(`${type} handles`, (pieces.get(`${type} handles`) ?? 0) + 1);
  }
  const listeners = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
  return new Map([
    ["JavaScript heap", after.heapUsedBytes - readCodeBytes()],
    ["array buffers", after.arrayBuffersBytes],
    ["other external memory", after.externalBytes - after.arrayBuffersBytes],
    ["listeners of process", listeners],
    ["values owned by scopes", ledger.live()],
    ...pieces,
  ]);
}

/**
 * Machine code, bytecode and what belongs to them: most of what a program gains as it warms up, over thousands of calls where
 * each runs much code, such as `fetch`. V8 throws it away when it wants. Functions that are kept lie in the rest of the heap.
 */
function readCodeBytes(): number {
  const code = getHeapCodeStatistics();
  return code.code_and_metadata_size + code.bytecode_and_metadata_size;
}

/** Collects until the heap stands still twice. */
export async function settle(): Promise<Footprint> {
  let last = await readFootprint();
  let still = 0;
  for (let round = 0; round < MAX_SETTLINGS && (still < 2 || round < MIN_SETTLINGS); round += 1) {
    const next = await readFootprint();
    const moved = (next.get("JavaScript heap") ?? 0) - (last.get("JavaScript heap") ?? 0);
    last = next;
    still = Math.abs(moved) < STILL_BYTES ? still + 1 : 0;
  }
  return last;
}
