/**
 * Whether an instance is to be replaced now, and whether that can help: a pure judgement of what is known of it. Two
 * lines count: its own limit, and the real limit that all instances share, below which a new one needs room as well.
 */
import { formatBytes } from "../base/bytes.ts";
import type { Instance } from "./instance.ts";
import type { SupervisedLimit, SupervisorOptions } from "./supervisor-options.ts";

/** Below this share of the line nothing is forecast: a start allocates fast. */
const LEAST_RATIO = 0.5;
/** An instance that needs so much as soon as it is ready cannot be helped by another one. */
const HOPELESS_RATIO = 0.9;
/** Most of the real limit that may be used: at all of it the kernel chooses what ends. */
const REAL_RATIO = 0.97;
/** Nothing is lost of a drained instance; its handlers of SIGTERM get so long when it is above the limit. */
const LAST_WORDS_MS = 1_000;

/** What is known besides. */
export interface Circumstances {
  /** Resident bytes of the supervisor and of all instances but those that drain. */
  readonly stayingBytes: number;
  readonly limit: SupervisedLimit;
  readonly restartAfter: SupervisorOptions["restartAfter"];
  /** How much a new instance has resident when it is ready; 0 while not known. */
  readonly slot: { readonly freshBytes: number };
  /** From the decision until the old instance has ended. */
  readonly leadMs: number;
}

/** What follows. */
export interface Judgement {
  /** In words, with the figures. */
  readonly why: string;
  /** A replacement would be where this one is at once. */
  readonly isHopeless: boolean;
  /** There is no room for both: the old one ends before the new one starts. */
  readonly endsFirst: boolean;
}

/** Judges one instance that is ready. @returns `undefined` while it may go on. */
export function judgeInstance(
  { ageMs, rssBytes, line }: Pick<Instance, "ageMs" | "rssBytes" | "line">,
  { stayingBytes, limit, restartAfter, slot: { freshBytes }, leadMs }: Circumstances,
): Judgement | undefined {
  if (restartAfter && "ageMs" in restartAfter && ageMs >= restartAfter.ageMs) {
    return {
      why: `it has run for ${Math.round(ageMs / 1000)} s (--restart-after)`,
      isHopeless: false,
      endsFirst: false,
    };
  }
  const { bytes, realBytes } = limit;
  const others = stayingBytes - rssBytes;
  const alone = realBytes === undefined ? bytes : Math.max(0, Math.min(bytes, REAL_RATIO * realBytes - others));
  const paired =
    realBytes === undefined ? bytes : Math.max(0, Math.min(bytes, REAL_RATIO * realBytes - others - freshBytes));
  // Where two do not fit, connections wait in the kernel's queue until the next one has started.
  const endsFirst = freshBytes >= HOPELESS_RATIO * paired;
  const lineBytes = endsFirst ? alone : paired;
  if (rssBytes < LEAST_RATIO * lineBytes || line.forecast(leadMs) < lineBytes) return undefined;
  if (freshBytes >= HOPELESS_RATIO * lineBytes) {
    const why =
      `A replacement cannot help: an instance has ${formatBytes(freshBytes)} resident as soon as it is ready, and is replaced ` +
      `near ${formatBytes(lineBytes)} (${limit.source}). Raise the limit, run fewer instances, or make it smaller.`;
    return { why, isHopeless: true, endsFirst };
  }
  const words = `${formatBytes(rssBytes)} resident, rising ${formatBytes(line.bytesPerSecond)}/s`;
  const noRoom = endsFirst ? ", which has no room for two" : "";
  return { why: `${words}; the limit is ${formatBytes(lineBytes)}${noRoom}`, isHopeless: false, endsFirst };
}

/** What drains above the limit is not waited for longer than it takes to lose nothing. */
export function press(instance: Instance, limit: SupervisedLimit, totalBytes: number, nowMs: number): void {
  if (instance.rssBytes <= limit.bytes) return;
  instance.hasten();
  const isTight = limit.realBytes !== undefined && totalBytes >= REAL_RATIO * limit.realBytes;
  const isIdle = instance.drainedAtMs !== undefined && nowMs - instance.drainedAtMs >= LAST_WORDS_MS;
  if (isTight || isIdle) instance.kill();
}
