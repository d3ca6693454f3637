/**
 * Size and use of the machine's memory: `/proc/meminfo` where there is one, else what Node says.
 * Source: proc(5).
 */
import { freemem, totalmem } from "node:os";
import { readSystemText, type SystemFilesOptions } from "./system-files.ts";

/** Memory of the machine. */
export interface MeminfoReading {
  /** All memory of the machine. */
  readonly totalBytes: number;
  /** What programs can still get without swapping; free memory where the platform does not say. */
  readonly availableBytes: number;
  /** Size of the swap space; 0 without any, `undefined` where the platform does not say. */
  readonly swapTotalBytes: number | undefined;
  /** Part of it that is free. */
  readonly swapFreeBytes: number | undefined;
}

/** Reads the memory of the machine. */
export function readMeminfo(options: SystemFilesOptions = {}): MeminfoReading {
  const text = readSystemText("proc/meminfo", options) ?? "";
  const bytes = (name: string): number | undefined => {
    const kib = new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(text)?.[1];
    return kib === undefined ? undefined : Number(kib) * 1024;
  };
  return {
    totalBytes: bytes("MemTotal") ?? totalmem(),
    availableBytes: bytes("MemAvailable") ?? freemem(),
    swapTotalBytes: bytes("SwapTotal"),
    swapFreeBytes: bytes("SwapFree"),
  };
}
