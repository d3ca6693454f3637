/**
 * Why a program ended, in words. A signal's number alone says little: SIGKILL is what the kernel's
 * out-of-memory killer sends, and anybody else may send it too; 134 is how V8 ends when its heap is
 * full, and how a failed assertion ends. The last sizes seen tell these apart where they can.
 */
import { constants } from "node:os";
import { formatBytes } from "../../base/bytes.ts";
import type { ExitRecord } from "../../monitor/remote/recording.ts";

/** The last that was seen of a program before its end, in bytes. */
export interface LastSeen {
  readonly rssBytes: number;
  readonly limitBytes: number | null;
  /** Heap of the thread that was closest to its limit. */
  readonly heapBytes: number;
  readonly heapLimitBytes: number;
}

/** How near to a limit counts as having hit it: samples are half a second apart, growth goes on between. */
const NEAR = 0.8;

/**
 * Says in words how a program ended.
 *
 * @param exit - how it ended. Default: its end was not seen.
 * @param last - the last sizes seen.
 */
export function explainExit(exit: ExitRecord | undefined, last: LastSeen): string {
  if (!exit) return "its end was not seen";
  const signal = exit.signal ?? signalOfCode(exit.code);
  const label = exit.signal === null && signal ? `code ${exit.code}, ${signal}` : signal;
  switch (signal) {
    case undefined:
      return `ended with code ${exit.code ?? "unknown"}`;
    case "SIGABRT":
      return explainAbort(last);
    case "SIGKILL":
      return explainKill(label ?? signal, last);
    case "SIGINT":
      return `ended by ${label} (Ctrl-C)`;
    case "SIGTERM":
      return `ended by ${label} (asked to stop)`;
    case "SIGSEGV":
    case "SIGBUS":
    case "SIGILL":
      return `crashed with ${label}: a fault in native code`;
    default:
      return `ended by ${label}`;
  }
}

function explainAbort({ heapBytes, heapLimitBytes }: LastSeen): string {
  if (heapLimitBytes > 0 && heapBytes >= NEAR * heapLimitBytes) {
    return `V8 heap out of memory (code 134, SIGABRT): ${formatBytes(heapBytes)} of its limit of ${formatBytes(heapLimitBytes)} were in use`;
  }
  return "aborted (code 134, SIGABRT): V8 heap out of memory, or a failed check in Node or an addon";
}

function explainKill(label: string, { rssBytes, limitBytes }: LastSeen): string {
  if (limitBytes !== null && rssBytes >= NEAR * limitBytes) {
    return `killed by ${label} – most likely the kernel's out-of-memory killer: ${formatBytes(rssBytes)} of ${formatBytes(limitBytes)} were in use`;
  }
  return `killed by ${label} – the kernel's out-of-memory killer or someone else`;
}

/** Shells report death by a signal as 128 + its number. */
function signalOfCode(code: number | null): string | undefined {
  if (code === null || code <= 128) return undefined;
  return Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0];
}
