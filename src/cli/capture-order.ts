/**
 * How `plimsoll heap capture` reaches a program that another plimsoll watches already: by a file in the private directory of
 * that watch, which only its user may enter, beside the socket that the program's environment names. One order at a time;
 * the watcher takes it away, and its answer is a file too.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SOCKET_VARIABLE } from "../base/wire.ts";
import { readSystemText } from "../probe/system-files.ts";
import type { CaptureOutcome } from "../diagnose/capture-remote.ts";

/** What shall be captured. */
export interface CaptureOrder {
  /** Tells answers apart. */
  readonly id: number;
  readonly pid: number;
  /** Absolute path. Default: a name in the report's folder. */
  readonly file?: string;
  /** Default: what the watch was started with. */
  readonly maxPauseMs?: number;
  /** Default: the plain form. */
  readonly isCompact?: boolean;
}

/** What came of it. */
export interface CaptureReply {
  /** Absent when nothing was captured. */
  readonly file?: string;
  readonly sentence: string;
  readonly details: readonly string[];
  /** Why it was refused: `memory`, `pause`, `disk` or `exists`. */
  readonly reason?: string;
  /** Of the refused capture, in milliseconds. */
  readonly predictedPauseMs?: number;
}

/** What an outcome is in an answer. */
export function toReply({ file, trial: { sentence, details }, error }: CaptureOutcome): CaptureReply {
  const { reason, pauseMs } = error?.details ?? {};
  return {
    sentence,
    details,
    ...(file === undefined ? {} : { file }),
    ...(typeof reason === "string" ? { reason } : {}),
    ...(typeof pauseMs === "number" ? { predictedPauseMs: pauseMs } : {}),
  };
}

const MAX_ORDER_CHARS = 8192;
const POLL_MS = 100;

/** The socket that a process was started with; `undefined` when nobody watches it, or the watcher is gone. */
export function findWatch(pid: number): string | undefined {
  const entries = readSystemText(`proc/${pid}/environ`)?.split("\0") ?? [];
  const path = entries.find((entry) => entry.startsWith(`${SOCKET_VARIABLE}=`))?.slice(SOCKET_VARIABLE.length + 1);
  return path !== undefined && existsSync(path) ? path : undefined;
}

/**
 * Hands an order to the watcher behind a socket and waits.
 *
 * @returns `undefined` when no answer came in time.
 */
export async function sendOrder(
  socketPath: string,
  order: CaptureOrder,
  timeoutMs: number,
): Promise<CaptureReply | undefined> {
  writeWhole(orderPath(socketPath), JSON.stringify(order));
  const answer = replyPath(socketPath, order.id);
  for (const until = performance.now() + timeoutMs; performance.now() < until; await sleep(POLL_MS)) {
    if (!existsSync(answer)) continue;
    const reply = JSON.parse(readFileSync(answer, "utf8")) as CaptureReply;
    rmSync(answer);
    return reply;
  }
  rmSync(orderPath(socketPath), { force: true });
  return undefined;
}

/** Takes an order, for the watcher. */
export function takeOrder(socketPath: string): CaptureOrder | undefined {
  const path = orderPath(socketPath);
  if (!existsSync(path)) return undefined;
  try {
    const text = readFileSync(path, "utf8");
    rmSync(path);
    const order = JSON.parse(text.slice(0, MAX_ORDER_CHARS)) as Partial<CaptureOrder>;
    return Number.isSafeInteger(order.pid) && Number.isSafeInteger(order.id) ? (order as CaptureOrder) : undefined;
  } catch {
    return undefined; // withdrawn meanwhile, or no order
  }
}

/** Answers an order, for the watcher. */
export function answerOrder(socketPath: string, { id }: CaptureOrder, reply: CaptureReply): void {
  try {
    writeWhole(replyPath(socketPath, id), JSON.stringify(reply));
  } catch {
    // The watch has ended, and its directory with it.
  }
}

function orderPath(socketPath: string): string {
  return join(dirname(socketPath), "capture-order.json");
}

function replyPath(socketPath: string, id: number): string {
  return join(dirname(socketPath), `capture-reply-${id}.json`);
}

function writeWhole(path: string, text: string): void {
  const half = `${path}.new`;
  writeFileSync(half, text, { mode: 0o600 });
  renameSync(half, path);
}
