/**
 * Takes a heap snapshot of a watched process, if it fits: counts the objects from outside, predicts, and says what will
 * happen before it does; where it does not fit it asks for a census of collections instead, if that does. A process is
 * captured at most once unasked.
 */
import { resolve } from "node:path";
import { formatBytes } from "../base/bytes.ts";
import { PlimsollError } from "../base/errors.ts";
import type { CollectionCensus } from "../base/wire.ts";
import type { ReportTrial } from "./report/report.ts";
import {
  type CapturePrediction,
  type HeapSizes,
  packedBytes,
  predictCapture,
  predictCensus,
  sumSpaces,
} from "../heap/capture-estimate.ts";
import { formatSeconds, type Headroom, MAX_PAUSE_MS, readHeadroom, refuseCapture } from "../heap/capture-headroom.ts";
import { CompactWriter } from "../heap/compact-writer.ts";
import { checkRoom, failSnapshot, finishSnapshot, partialName } from "../heap/finished-snapshot.ts";
import { countObjects } from "../heap/object-count.ts";
import type { RemoteWatch } from "../monitor/remote/index.ts";
import { PrivatePipe } from "./private-pipe.ts";

/** How to capture. */
export interface CapturerOptions {
  /** The watch that its preload answers to. */
  readonly remote: RemoteWatch;
  /** Longest predicted pause, in milliseconds. Default: 5,000. */
  readonly maxPauseMs?: number | undefined;
  /** Whether only the compact form shall come to the disk. Default: false. */
  readonly isCompact?: boolean | undefined;
  /** Told at once what will be done, and what came of it. */
  readonly say: (sentence: string) => void;
}

/** A snapshot that was written, or what was learned instead. */
export interface CaptureOutcome {
  /** Absent when nothing was captured. */
  readonly file?: string;
  /** For the report. */
  readonly trial: ReportTrial;
  /** Why nothing was captured. */
  readonly error?: PlimsollError;
}

const SIZES_MS = 5_000;
const CENSUS_MS = 60_000;
const LEAST_WAIT_MS = 60_000;
const CLASSES = ["Map", "Set", "Array"] as const;

/**
 * Captures the main thread of a process in which a preload answers.
 *
 * @param file - path of the new snapshot.
 */
export async function captureRemote(pid: number, file: string, options: CapturerOptions): Promise<CaptureOutcome> {
  const path = resolve(file);
  const { remote, say, maxPauseMs = MAX_PAUSE_MS, isCompact = false } = options;
  try {
    const { sizes, prediction, headroom } = await plan(pid, remote);
    const refusal = refuseCapture(prediction, headroom, { maxPauseMs });
    if (refusal !== undefined) {
      const census = await takeCensus(pid, remote, sizes, prediction, headroom, maxPauseMs);
      return { trial: describeRefusal(refusal, prediction, census), error: refusal };
    }
    checkRoom(path, isCompact ? packedBytes(prediction) : prediction.fileBytes);
    say(`capturing the heap of pid ${pid}: ${describePrediction(prediction)}`);
    const timeoutMs = Math.max(LEAST_WAIT_MS, 5 * prediction.pauseMs);
    const write = isCompact ? writeCompact : writePlain;
    const { fileBytes, pauseMs } = await write(path, (into) =>
      remote.captures.ask({ pid, what: "snapshot", file: into, timeoutMs }),
    );
    const trial = describeSnapshot(file, fileBytes, pauseMs, prediction);
    return { file: path, trial };
  } catch (error) {
    if (!PlimsollError.is(error)) throw error;
    return { trial: { name: "heap-snapshot", sentence: oneLine(error.message), details: [] }, error };
  }
}

interface Written {
  readonly fileBytes: number;
  readonly pauseMs: number;
}

type Ask = (into: string) => Promise<{ readonly pauseMs: number; readonly reason?: string | undefined }>;

async function writePlain(path: string, ask: Ask): Promise<Written> {
  const { pauseMs, reason } = await ask(partialName(path));
  if (reason !== undefined) throw failSnapshot(path, new Error(reason));
  return { pauseMs, fileBytes: finishSnapshot(path) };
}

/** It is packed here, while the program writes: the program takes no more memory or time, and its text never comes to the disk. */
async function writeCompact(path: string, ask: Ask): Promise<Written> {
  try {
    using writer = new CompactWriter(path);
    using pipe = new PrivatePipe((piece) => writer.write(piece));
    const { pauseMs, reason } = await ask(pipe.path);
    if (reason !== undefined) throw new Error(reason);
    await pipe.end();
    return { pauseMs, fileBytes: writer.finish() };
  } catch (cause) {
    throw failSnapshot(path, cause);
  }
}

/** What a capture would take, before anything is done to the program. */
export interface RemoteCapturePlan {
  /** Upper bounds. */
  readonly prediction: CapturePrediction;
  /** Room below every limit of the process. */
  readonly headroom: Headroom;
  /** Why it would be refused. Default: it fits. */
  readonly refusal?: PlimsollError;
}

/**
 * Predicts what capturing the main thread of a process would take, from its heap's sizes and a sample of its pages.
 *
 * @param options - `maxPauseMs`: longest predicted pause, in milliseconds. Default: 5,000.
 * @throws PlimsollError `ERR_PLIMSOLL_CAPTURE_FAILED` when no preload answers.
 */
export async function planRemoteCapture(
  pid: number,
  { remote, maxPauseMs = MAX_PAUSE_MS }: Pick<CapturerOptions, "remote" | "maxPauseMs">,
): Promise<RemoteCapturePlan> {
  const { prediction, headroom } = await plan(pid, remote);
  const refusal = refuseCapture(prediction, headroom, { maxPauseMs });
  return { prediction, headroom, ...(refusal === undefined ? {} : { refusal }) };
}

interface RemotePlan {
  readonly sizes: HeapSizes;
  readonly prediction: CapturePrediction;
  readonly headroom: Headroom;
}

async function plan(pid: number, remote: RemoteWatch): Promise<RemotePlan> {
  const { spaces, usedBytes, reason } = await remote.captures.ask({ pid, what: "sizes", timeoutMs: SIZES_MS });
  if (spaces === undefined || usedBytes === undefined)
    throw new PlimsollError("ERR_PLIMSOLL_CAPTURE_FAILED", `Process ${pid} did not tell of its heap: ${reason}.`);
  const sizes = sumSpaces(spaces, usedBytes);
  const node = remote.recording.processes.find((one) => one.pid === pid)?.node;
  const prediction = predictCapture(sizes, countObjects(pid), Number.parseInt(node ?? "", 10));
  return { sizes, prediction, headroom: readHeadroom(pid) };
}

async function takeCensus(
  pid: number,
  remote: RemoteWatch,
  sizes: HeapSizes,
  { objects }: CapturePrediction,
  headroom: Headroom,
  maxPauseMs: number,
): Promise<readonly CollectionCensus[]> {
  const classes = CLASSES.filter((name) => {
    const prediction = predictCensus(sizes, objects, name);
    return (
      refuseCapture({ ...prediction, objects, fileBytes: 0, basis: "size" }, headroom, { maxPauseMs }) === undefined
    );
  });
  if (classes.length === 0) return [];
  const { census = [] } = await remote.captures.ask({ pid, what: "census", classes, timeoutMs: CENSUS_MS });
  return census;
}

function describePrediction({ objects, extraBytes, pauseMs }: CapturePrediction): string {
  return `about ${objects.toLocaleString("en")} objects, at most ${formatBytes(extraBytes)} more memory and ${formatSeconds(pauseMs)} of pause`;
}

function describeSnapshot(
  file: string,
  fileBytes: number,
  pauseMs: number,
  { objects, extraBytes, pauseMs: predictedPauseMs }: CapturePrediction,
): ReportTrial {
  return {
    name: "heap-snapshot",
    sentence: `heap snapshot: ${file}; open it with \`plimsoll heap ${file}\``,
    details: [
      `${formatBytes(fileBytes)}; the program stood still for ${formatSeconds(pauseMs)}, predicted at most ${formatSeconds(predictedPauseMs)}`,
      "The file holds every string of the heap, secrets too: it is readable by its owner only.",
    ],
    figures: {
      fileBytes,
      pauseMs: Math.round(pauseMs),
      predictedPauseMs,
      predictedObjects: objects,
      predictedBytes: extraBytes,
    },
  };
}

function describeRefusal(
  refusal: PlimsollError,
  { objects, extraBytes, pauseMs }: CapturePrediction,
  census: readonly CollectionCensus[],
): ReportTrial {
  const details = census.map(({ name, count, entries, largest }) => {
    const sizes = largest.map((size) => size.toLocaleString("en")).join(", ");
    return `${name}: ${count.toLocaleString("en")} with ${entries.toLocaleString("en")} entries in all, the largest ${sizes || "none"}`;
  });
  return {
    name: "heap-snapshot",
    sentence: oneLine(refusal.message),
    details,
    figures: { predictedPauseMs: pauseMs, predictedObjects: objects, predictedBytes: extraBytes },
  };
}

function oneLine(text: string): string {
  return text.replaceAll("\n", " ");
}
