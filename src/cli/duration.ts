/** Reads how long something shall take, as people type it: `60s`, `1.5m`, `2h`, `500ms`; a bare number is seconds. */
import { usage } from "./arguments.ts";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 };
/** Node's timers go no further than 2^31 - 1 milliseconds. */
const MAX_MS = 24 * 24 * 3_600_000;

/**
 * Reads a duration.
 *
 * @param option - whose value it is, for the message.
 * @param example - a command that works.
 * @param maxMs - the longest that makes sense. Default: 24 days.
 * @returns milliseconds, more than 0.
 * @throws PlimsollError `ERR_PLIMSOLL_USAGE` when it is none.
 */
export function parseDuration(option: string, input: string, example: string, maxMs = MAX_MS): number {
  const [, digits, unit = "s"] = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|min|h)?\s*$/i.exec(input) ?? [];
  const ms = Math.round(Number(digits) * (UNIT_MS[unit.toLowerCase()] ?? Number.NaN));
  if (ms > 0 && ms <= maxMs) return ms;
  const most = maxMs >= 86_400_000 ? `${maxMs / 86_400_000} days` : `${maxMs / 1_000} s`;
  throw usage(`--${option} needs a time such as 30s, 5m or 2h, at most ${most}, not "${input.slice(0, 40)}".`, example);
}
