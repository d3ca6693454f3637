/**
 * Small pieces that several sections of the page share.
 */
import { formatBytes } from "../../../base/bytes.ts";
import type { GrowthLocation } from "../../finding.ts";
import { fill } from "./layers.ts";
import { type Html, html } from "./escape.ts";

/** A section with its heading; `undefined` content gives nothing. */
export function section(id: string, title: string, content: Html): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${content}
  </section>`;
}

/** A list of sentences; nothing for none. */
export function bullets(items: readonly string[]): Html | undefined {
  return items.length === 0
    ? undefined
    : html`<ul>
        ${items.map((item) => html`<li>${item}</li>`)}
      </ul>`;
}

/** A function and its place in the code. */
export function place(where: Pick<GrowthLocation, "file" | "line" | "function">): Html {
  return html`<code class="function">${where.function}</code>
    <code class="place">${breakable(where.file)}:${where.line}</code>`;
}

/** A path that may break at its separators. */
function breakable(path: string): Html {
  return html`${path.split(/(?<=[/\\])/).map((part, index) => (index === 0 ? html`${part}` : html`<wbr />${part}`))}`;
}

/** A figure of bytes, aligned with others. */
export function size(bytes: number | undefined): Html {
  return html`<span class="figure">${formatBytes(bytes)}</span>`;
}

/**
 * A small drawn line without axes; decoration, the figures stand beside it.
 *
 * @param seconds - times of the values.
 * @param values - bytes; gaps are bridged.
 * @param endSecond - what the width stands for, in seconds.
 * @param height - in units of the drawing; it is 240 wide. Default: 36.
 */
export function sparkline(
  seconds: readonly number[],
  values: readonly (number | null)[],
  endSecond: number,
  height = 36,
): Html | undefined {
  if (seconds.length < 2) return undefined;
  const filled = fill(values);
  const top = Math.max(1, ...filled);
  const points = filled.map((bytes, i) => {
    const x = ((seconds[i] ?? 0) / Math.max(endSecond, 0.01)) * 240;
    return `${Math.min(240, x).toFixed(1)},${(height - 1 - (bytes / top) * (height - 3)).toFixed(1)}`;
  });
  const first = points[0]?.split(",")[0] ?? "0";
  const last = points.at(-1)?.split(",")[0] ?? "240";
  return html`<svg
    class="spark"
    viewBox="0 0 240 ${height}"
    preserveAspectRatio="none"
    aria-hidden="true"
    focusable="false"
  >
    <polygon points="${first},${height} ${points.join(" ")} ${last},${height}" />
    <polyline points="${points.join(" ")}" />
  </svg>`;
}
