/**
 * A reliability diagram as SVG: stated confidence to the right, the share that was right upwards; on the diagonal
 * confidence is earned, above it there is more than claimed. Follows the reader's light or dark scheme.
 */
import type { CalibrationBin } from "./calibration.ts";

/** One series of the plot. */
export interface PlotSeries {
  readonly name: string;
  readonly bins: readonly CalibrationBin[];
}

const [WIDTH, HEIGHT] = [640, 420];
const AREA = { left: 64, top: 84, right: 616, bottom: 356 };
const TICKS = [0, 0.25, 0.5, 0.75, 1];
/** Axis from half up: hardly a verdict claims less. */
const FROM = 0.4;

const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #1f2933; }
.title { font-size: 15px; font-weight: 600; }
.grid { stroke: #d5dbe1; }
.even { stroke: #7b8794; stroke-dasharray: 5 4; }
.s0 { fill: #1769aa; } .s1 { fill: none; stroke: #c2410c; stroke-width: 2.5; }
@media (prefers-color-scheme: dark) {
  text { fill: #e4e7eb; } .grid { stroke: #3e4c59; } .even { stroke: #9aa5b1; }
  .s0 { fill: #63b3ed; } .s1 { stroke: #fb923c; }
}`;

/** @param series - at most two: the first as discs, the second as rings. */
export function plotCalibration(title: string, series: readonly PlotSeries[]): string {
  const grid = TICKS.map(
    (tick) =>
      `<line class="grid" x1="${AREA.left}" x2="${AREA.right}" y1="${y(tick)}" y2="${y(tick)}"/>` +
      `<text x="${AREA.left - 8}" y="${y(tick) + 4}" text-anchor="end">${tick * 100} %</text>`,
  );
  const marks = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1].map(
    (tick) => `<text x="${x(tick)}" y="${AREA.bottom + 20}" text-anchor="middle">${Math.round(tick * 100)} %</text>`,
  );
  const points = series.flatMap(({ bins }, index) => bins.filter(({ verdicts }) => verdicts > 0).map(drawBin(index)));
  const legend = series.map(
    ({ name }, index) =>
      `<circle class="s${index}" cx="${AREA.left + 12 + index * 270}" cy="${HEIGHT - 10}" r="6"/>` +
      `<text x="${AREA.left + 26 + index * 270}" y="${HEIGHT - 6}">${name}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">
<style>${STYLE}
</style>
<text class="title" x="${AREA.left}" y="24">${title}</text>
<text x="${AREA.left}" y="46">Share that was right; on the dashed line it is exactly as stated.</text>
${grid.join("\n")}
${marks.join("\n")}
<line class="even" x1="${x(FROM)}" y1="${y(FROM)}" x2="${x(1)}" y2="${y(1)}"/>
<text x="${(AREA.left + AREA.right) / 2}" y="${AREA.bottom + 38}" text-anchor="middle">stated confidence (labels: number of verdicts)</text>
${points.join("\n")}
${legend.join("\n")}
</svg>
`;
}

function drawBin(index: number) {
  return ({ stated, right, verdicts }: CalibrationBin): string => {
    const [cx, cy] = [x(stated), y(right / verdicts)];
    const radius = index === 0 ? 6 : 10;
    const label = `<text x="${cx}" y="${cy + (index === 0 ? 24 : -16)}" text-anchor="middle">${verdicts}</text>`;
    return `<circle class="s${index}" cx="${cx}" cy="${cy}" r="${radius}"/>${label}`;
  };
}

function x(confidence: number): number {
  const share = (Math.max(FROM, confidence) - FROM) / (1 - FROM);
  return Math.round(AREA.left + 20 + share * (AREA.right - AREA.left - 40));
}

function y(share: number): number {
  return Math.round(AREA.bottom - share * (AREA.bottom - AREA.top));
}
