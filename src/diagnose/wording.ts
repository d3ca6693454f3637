/**
 * Figures in words, the same in every rule: rates with their uncertainty, stretches of time, functions.
 */
import { formatBytes } from "../base/bytes.ts";
import type { Channel } from "./channel.ts";
import type { Evidence } from "./evidence.ts";
import type { GrowthLocation } from "./finding.ts";

/** `1.9 MB/s (±0.2)`: the Theil-Sen slope and half of its 95 % interval, where there is one. */
export function rateInWords(channel: Channel): string {
  const { slope } = channel;
  if (!slope) return "an unknown rate";
  const rate = `${formatBytes(slope.bytesPerSecond)}/s`;
  const half = (slope.upperBytesPerSecond - slope.lowerBytesPerSecond) / 2;
  return Number.isFinite(half) ? `${rate} (±${formatBytes(half)})` : rate;
}

/** `rose from 12 MB to 40 MB within 24 s`, `went from 12 MB to 11 MB …`. */
export function courseInWords(channel: Channel): string {
  return `${channel.lastBytes > channel.firstBytes ? "rose" : "went"} ${levelsInWords(channel)}`;
}

/** `from 12 MB to 12.3 MB within 24 s` */
export function levelsInWords({ firstBytes, lastBytes, seconds: span }: Channel): string {
  return `from ${formatBytes(firstBytes)} to ${formatBytes(lastBytes)} within ${seconds(span)}`;
}

/** Whole seconds, minutes above two of them: `24 s`, `3 min`. */
export function seconds(value: number): string {
  if (value < 120) return `${Math.round(value)} s`;
  return value < 7200 ? `${Math.round(value / 60)} min` : `${Math.round(value / 3600)} h`;
}

/** `handler (src/server.ts:12)`. */
export function functionInWords(where: GrowthLocation): string {
  const file = where.file
    .replace(/^file:\/\//, "")
    .split("/")
    .slice(-2)
    .join("/");
  return `${where.function} (${file}:${where.line})`;
}

/** `In worker 3, j…`: a worker's sentences say where they hold. */
export function inThread(evidence: Evidence, sentence: string): string {
  if (evidence.thread === undefined) return sentence;
  const kept = /^(JavaScript|Buffers|RSS|V8)/.test(sentence)
    ? sentence
    : sentence.charAt(0).toLowerCase() + sentence.slice(1);
  return `In worker ${evidence.thread}, ${kept}`;
}

/** What to do about a turn of the event loop that does not end. */
export const END_THE_TURN =
  "Let its turn end: `await yieldTurn()` of plimsoll/scope in its loop, or a timer or setImmediate now and then, not only promises. If memory falls then, WeakRefs or local variables held it; if not, it is kept, and can be asked for.";
