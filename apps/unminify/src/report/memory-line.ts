/**
 * The resident set at the end of each phase as a line, with what was predicted before any work.
 */
import type { PhaseCost } from "../unminify.ts";

const HEIGHT = 200;
const MB = 2 ** 20;
/** Space for letters above and below, as a share of the height. */
const MARGIN = 0.14;

/** Lines to compare with, in bytes. */
export interface MemoryBounds {
  readonly predictedBytes: number;
  readonly maxMemoryBytes?: number;
}

/** The line as inline SVG, and its figures as a table. */
export function memoryLine(phases: readonly PhaseCost[], { predictedBytes, maxMemoryBytes }: MemoryBounds): string {
  const bound = maxMemoryBytes ?? predictedBytes;
  const top = Math.max(bound, ...phases.map(({ rssBytes }) => rssBytes));
  const x = (index: number): string => percent((index + 0.5) / Math.max(1, phases.length));
  const y = (bytes: number): string => percent(1 - MARGIN - (bytes / top) * (1 - 2 * MARGIN));
  const segments = phases.slice(1).map(({ rssBytes }, index) => {
    const before = phases[index]?.rssBytes ?? 0;
    return `<line x1="${x(index)}" y1="${y(before)}" x2="${x(index + 1)}" y2="${y(rssBytes)}"/>`;
  });
  const points = phases.map(
    ({ phase, rssBytes }, index) =>
      `<circle cx="${x(index)}" cy="${y(rssBytes)}" r="4"/><text x="${x(index)}" y="${percent(0.98)}" text-anchor="middle">${phase}</text>`,
  );
  const limit = `<line class="limit" x1="0" x2="100%" y1="${y(bound)}" y2="${y(bound)}"/><text x="0" y="${percent(0.1)}">${
    maxMemoryBytes === undefined ? "predicted" : "limit"
  } ${(bound / MB).toFixed(0)} MB</text>`;
  const rows = phases.map(
    ({ phase, rssBytes, milliseconds }) =>
      `<tr><td>${phase}</td><td class="number">${(rssBytes / MB).toFixed(0)} MB</td><td class="number">${(milliseconds / 1000).toFixed(2)} s</td></tr>`,
  );
  return `<svg class="memory" role="img" aria-label="Resident set by phase" width="100%" height="${HEIGHT}">${limit}${segments.join("")}${points.join("")}</svg>
<div class="scroll"><table><thead><tr><th>phase</th><th class="number">resident at its end</th><th class="number">time</th></tr></thead><tbody>${rows.join("")}</tbody></table></div>`;
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(2))}%`;
}
