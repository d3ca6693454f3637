/**
 * The bridge: what keeps the service up until the fix ships, from figures that the report holds. It
 * names only Node's own flags and commands of Plimsoll that exist.
 */
import { formatBytes } from "../../base/bytes.ts";
import type { Report } from "./report.ts";
import { formatDuration } from "./words.ts";

const MB = 2 ** 20;
/** In seconds: a program that lives shorter than this does little but start. */
const SHORTEST_LIFE = 20;

/** What to do until the growth is fixed; `undefined` when nothing needs to be done. */
export function bridge(report: Report): string | undefined {
  if (!report.verdict.leak) return undefined;
  const { limit, peak } = report;
  if (report.exit.kind === "heap-limit") {
    return "More heap buys time and cures nothing: `plimsoll limits --write node` prints the --max-old-space-size that fits under the limit.";
  }
  if (limit.bytes === null) {
    const size = Math.ceil((peak.rssBytes * 1.5) / (128 * MB)) * 128;
    return `Nothing limits it here. Give it a limit, so that it cannot take the machine with it: \`plimsoll limits ${size}mb --write docker\` (or kubernetes, systemd, node).`;
  }
  const life = lifeSeconds(report, limit.bytes);
  if (life === undefined) return undefined;
  const full = `at this rate ${formatBytes(limit.bytes)} are full about ${formatDuration(life)} after a start`;
  if (life < SHORTEST_LIFE) return `Replacing it hardly helps (${full}): roll back, or lower the load.`;
  return `Until it is fixed, \`plimsoll supervise -- COMMAND\` replaces it before that, without a lost request: ${full}.`;
}

/** From a start until the limit is full, at the present rate. */
function lifeSeconds(report: Report, limitBytes: number): number | undefined {
  const { growth, peak, seconds, secondsToLimit, total } = report;
  if (secondsToLimit !== undefined) return seconds + secondsToLimit;
  const rate = growth.reduce((sum, { bytesPerSecond }) => sum + Math.max(0, bytesPerSecond), 0);
  if (rate <= 0) return undefined;
  const highest = Math.max(peak.rssBytes, total?.peakRssBytes ?? 0);
  return seconds + Math.max(0, limitBytes - highest) / rate;
}
