/** A status in words: what the live view and the one-liners have in common. */
import { formatBytes } from "../base/bytes.ts";
import type { Growth } from "../diagnose/finding.ts";
import { formatDuration, formatRate, formatShare, headline } from "../diagnose/report/words.ts";
import { displayWidth } from "../diagnose/report/wrap.ts";
import type { RecordedLimit } from "../monitor/remote/recording.ts";
import type { Status } from "./status.ts";

/** Less than this a second is called flat. */
const FLAT_BYTES_PER_SECOND = 20 * 1024;

/** A time since the start: `03:12`, `1:03:12`. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  return `${hours > 0 ? `${hours}:` : ""}${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

/**
 * How the water rises: `rising 1.9 MB/s ±210 KB  full in ~63 s`; less of it where there is less room.
 *
 * @param columns - the room. Default: as much as it takes.
 */
export function trendWords(
  { bytesPerSecond, rateSpread, diagnosis }: Status,
  columns = Number.POSITIVE_INFINITY,
): string {
  if (bytesPerSecond === undefined) return "";
  const isFlat = Math.abs(bytesPerSecond) < Math.max(FLAT_BYTES_PER_SECOND, rateSpread ?? 0);
  if (isFlat) return "flat";
  const isRising = bytesPerSecond > 0;
  const rate = `${isRising ? "rising" : "falling"} ${formatRate(bytesPerSecond).replace(/^[+-]/, "")}`;
  const spread = rateSpread === undefined ? "" : ` ±${formatBytes(rateSpread)}`;
  const full = diagnosis.secondsToLimit;
  const until = isRising && full !== undefined ? `  full in ~${formatDuration(full)}` : "";
  const choices = [rate + spread + until, rate + until, rate];
  return choices.find((choice) => displayWidth(choice) <= columns) ?? "";
}

/** The function that allocates; an anonymous one is told by its caller. */
export function allocatorWords({ where, callers = [] }: Growth): string {
  const name = where?.function ?? "";
  const [caller] = callers;
  return name === "(anonymous)" && caller ? `${name} from ${caller.function}` : name;
}

/** The whole status in one line, for when there is no terminal. */
export function drawStatusLine(status: Status, limit: RecordedLimit): string {
  const { verdict, growth } = status.diagnosis;
  const ofLimit =
    limit.bytes === null ? "" : ` of ${formatBytes(limit.bytes)} (${formatShare(status.rssBytes / limit.bytes)})`;
  const kinds = status.kinds
    .filter(({ bytes }) => bytes >= 2 ** 20)
    .map(({ name, bytes }) => `${name} ${formatBytes(bytes)}`);
  const { claim, sure } = headline(verdict);
  const [top] = growth;
  const parts = [
    `${clock(status.seconds)}  ${formatBytes(status.rssBytes)}${ofLimit}`,
    trendWords(status),
    kinds.join(", "),
    `${claim}${sure === undefined ? "" : `, ${sure}`}${top?.where ? ` in ${allocatorWords(top)}` : ""}`,
  ];
  return parts.filter((part) => part !== "").join("; ");
}
