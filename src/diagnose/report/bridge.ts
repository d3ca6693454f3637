/**
 * The bridge: what keeps the service up until the fix ships, from figures that the report holds. It
 * names only Node's own flags and commands of Plimsoll that exist.
 */
import { formatBytes } from "../../base/bytes.ts";
import type { Report } from "./report.ts";
import { formatDuration } from "./words.ts";

const MB = 2 ** 20;
/** Restart after this share of the time that filling the limit takes: load is never even. */
const SAFE_SHARE = 0.7;
/** Below this a restart solves nothing, in seconds. */
const SHORTEST_LIFE = 120;

/** What to do until the growth is fixed; `undefined` when nothing needs to be done. */
export function bridge(report: Report): string | undefined {
  if (!report.verdict.leak) return undefined;
  const { limit, peak, seconds, secondsToLimit } = report;
  if (limit.bytes === null) {
    const size = Math.ceil((peak.rssBytes * 1.5) / (128 * MB)) * 128;
    return `nothing limits it here; give it a limit of its own, so that it cannot take the machine with it: plimsoll limits ${size}mb --write docker (or kubernetes, systemd, node)`;
  }
  if (report.exit.cause.startsWith("V8 heap out of memory")) {
    return "more heap buys time, it cures nothing: `plimsoll limits --write node` prints the --max-old-space-size that fits under the limit";
  }
  if (secondsToLimit === undefined) return undefined;
  const life = seconds + secondsToLimit;
  if (life < SHORTEST_LIFE) {
    return `a restart buys only ${formatDuration(life)} at this rate: lower the load or roll back; a higher limit buys more (plimsoll limits 1gb --write docker)`;
  }
  return `until it is fixed, restart it every ${formatDuration(life * SAFE_SHARE)}: at this rate ${formatBytes(limit.bytes)} are full about ${formatDuration(life)} after a start`;
}
