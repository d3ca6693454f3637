/**
 * Which functions allocate what stays, by sampling for a while: the last resort where neither a snapshot nor a census
 * fits. V8 notes one allocation in every 32 KiB and forgets what dies, so that it takes a few megabytes and no pause.
 */
import { Session } from "node:inspector";
import { setTimeout as sleep } from "node:timers/promises";

/** A function and what it has allocated that still lives. */
export interface AllocatingFunction {
  /** As V8 calls it; `(anonymous)` where it has no name. */
  readonly function: string;
  /** URL or path of its script; empty for V8's own. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Estimated. */
  readonly bytes: number;
}

const INTERVAL_BYTES = 32 << 10;
const LISTED = 20;

interface ProfileNode {
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly selfSize: number;
  readonly children?: readonly ProfileNode[];
}

/**
 * Samples the calling thread. V8 has one such sampler a thread: one that runs already is ended by this.
 *
 * @param forMs - for how long, in milliseconds. Default: 3,000.
 * @returns at most 20, largest first.
 */
export async function sampleAllocations(forMs = 3_000): Promise<AllocatingFunction[]> {
  const session = new Session();
  session.connect();
  try {
    session.post("HeapProfiler.startSampling", { samplingInterval: INTERVAL_BYTES });
    await sleep(forMs, undefined, { ref: false });
    let head: ProfileNode | undefined;
    session.post("HeapProfiler.stopSampling", (error, { profile }) => {
      if (!error) head = profile.head;
    });
    return head === undefined ? [] : listLargest(head);
  } finally {
    session.disconnect();
  }
}

function listLargest(head: ProfileNode): AllocatingFunction[] {
  const byPlace = new Map<string, AllocatingFunction>();
  const left = [head];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    left.push(...(node.children ?? []));
    if (node.selfSize === 0) continue;
    const { functionName, url, lineNumber } = node.callFrame;
    const key = `${functionName} ${url} ${lineNumber}`;
    const bytes = (byPlace.get(key)?.bytes ?? 0) + node.selfSize;
    byPlace.set(key, { function: functionName || "(anonymous)", file: url, line: lineNumber + 1, bytes });
  }
  return [...byPlace.values()].sort((a, b) => b.bytes - a.bytes).slice(0, LISTED);
}
