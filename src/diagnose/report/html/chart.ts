/**
 * The waterline: resident memory by kind over time under the limit, with the heap after each major
 * collection. Drawn by uPlot; for those who cannot see a canvas there are a sentence and a table.
 */
import { formatBytes } from "../../../base/bytes.ts";
import type { Report } from "../report.ts";
import { formatDuration, formatRate } from "../words.ts";
import { dataElement, type Html, html } from "./escape.ts";
import { type Layers, stackLayers } from "./layers.ts";
import { section, sparkline } from "./parts.ts";

/** What lies this many times above the process's peak would flatten the chart: it is named beside it instead. */
const FAR = 2.5;
const TABLE_ROWS = 24;

/** The section with the chart, its key, its text alternative and its table. */
export function chartSection(report: Report): Html {
  const { samples } = report;
  if (samples.seconds.length < 2) {
    return section(
      "waterline",
      "Waterline",
      html`<p class="card quiet">
        The program ended before its memory could be read twice: there is nothing to draw.
      </p>`,
    );
  }
  const layers = stackLayers(report);
  const { limit, floors, peak } = report;
  const total = report.total && report.total.peakRssBytes <= FAR * peak.rssBytes ? report.total : undefined;
  const isLimitNear = limit.bytes !== null && limit.bytes <= FAR * Math.max(peak.rssBytes, total?.peakRssBytes ?? 0);
  const data = {
    seconds: layers.seconds,
    layers: layers.layers.map(({ id, label, bytes }) => ({ id, label, bytes })),
    peakIndex: layers.peakIndex,
    limitBytes: isLimitNear ? limit.bytes : null,
    floors,
    total: total ?? null,
    endSeconds: report.seconds,
  };
  return section(
    "waterline",
    "Waterline",
    html`<figure class="card">
      <div
        id="chart"
        tabindex="0"
        role="img"
        aria-label="${describe(report, layers)}"
        aria-describedby="chart-help"
      ></div>
      <noscript>${sparkline(samples.seconds, samples.rssBytes, report.seconds, 120)}</noscript>
      ${key(report, layers, isLimitNear, total !== undefined)}
      <figcaption id="chart-help">${caption(report, isLimitNear)}</figcaption>
      ${table(layers, report)} ${dataElement("plimsoll-chart", data)}
    </figure>`,
  );
}

function describe(report: Report, { rssBytes, layers, peakIndex, seconds }: Layers): string {
  const kinds = layers.map(({ label, bytes }) => `${label} ${formatBytes(bytes[peakIndex])}`).join(", ");
  const limit = report.limit.bytes === null ? "No limit applies." : `The limit is ${formatBytes(report.limit.bytes)}.`;
  const first = report.floors[0];
  const last = report.floors.at(-1);
  const floors =
    first && last && first !== last
      ? ` After collections the heap went from ${formatBytes(first.usedBytes)} to ${formatBytes(last.usedBytes)}.`
      : "";
  return `Resident memory over ${formatDuration(report.seconds)}: it began at ${formatBytes(rssBytes[0])}, was highest at ${formatBytes(rssBytes[peakIndex])} after ${formatDuration(seconds[peakIndex] ?? 0)} (${kinds}) and ended at ${formatBytes(rssBytes.at(-1))}. ${limit}${floors}`;
}

function key(report: Report, stacked: Layers, isLimitNear: boolean, isTotalDrawn: boolean): Html {
  const { layers, peakIndex, seconds, rssBytes } = stacked;
  return html`<div class="key">
    <p class="moment">
      Resident memory${report.total && report.subject ? ` of ${report.subject.name} (pid ${report.subject.pid})` : ""}
      <output id="chart-total">${formatBytes(rssBytes[peakIndex])}</output>
      <span id="chart-moment">at its highest, ${formatDuration(seconds[peakIndex] ?? 0)} after the start</span>
    </p>
    <ul>
      ${[...layers].reverse().map(
        ({ id, label, hint, bytes }) =>
          html`<li title="${hint}">
            <span class="swatch ${id}"></span><span class="label">${label}</span>
            <output data-layer="${id}">${formatBytes(bytes[peakIndex])}</output>
          </li>`,
      )}
    </ul>
    <ul class="marks">
      ${report.floors.length > 0 && html`<li><span class="swatch floor"></span>heap right after a major collection</li>`}${isLimitNear && html`<li><span class="swatch limit"></span>limit, ${formatBytes(report.limit.bytes ?? 0)}</li>`}${isTotalDrawn && html`<li><span class="swatch total"></span>all processes together</li>`}
    </ul>
  </div>`;
}

function caption({ growth, limit, secondsToLimit }: Report, isLimitNear: boolean): string {
  const sentences: string[] = [];
  const [top] = growth;
  if (top) sentences.push(`Rising by ${formatRate(top.bytesPerSecond).replace("+", "")}.`);
  if (secondsToLimit !== undefined)
    sentences.push(`At this rate the limit is reached in about ${formatDuration(secondsToLimit)}.`);
  if (limit.bytes !== null && !isLimitNear) {
    sentences.push(`The limit of ${formatBytes(limit.bytes)} lies far above what is drawn.`);
  }
  sentences.push("Drag to zoom, double-click to see all; with the keyboard, the arrow keys read the values.");
  return sentences.join(" ");
}

function table({ layers, seconds, rssBytes, peakIndex }: Layers, report: Report): Html {
  const step = Math.max(1, (seconds.length - 1) / (TABLE_ROWS - 1));
  const rows = new Set([peakIndex]);
  for (let i = 0; i < TABLE_ROWS; i++) rows.add(Math.min(seconds.length - 1, Math.round(i * step)));
  const sorted = [...rows].toSorted((a, b) => a - b);
  return html`<details>
    <summary>The same as a table</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="Resident memory by kind, as a table">
      <table>
        <caption>
          Resident memory of ${report.subject?.name ?? report.command} by kind, ${sorted.length} of ${seconds.length}
          moments
        </caption>
        <thead>
          <tr>
            <th scope="col">after</th>
            <th scope="col">resident</th>
            ${layers.map(({ label }) => html`<th scope="col">${label}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${sorted.map(
            (i) =>
              html`<tr>
                <th scope="row">${formatDuration(seconds[i] ?? 0)}</th>
                <td>${formatBytes(rssBytes[i])}</td>
                ${layers.map(({ bytes }) => html`<td>${formatBytes(bytes[i])}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}
