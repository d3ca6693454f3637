/**
 * A run as one HTML file, without script and without network: memory against its limit, tasks at once, work done, and what lay on disk.
 */
import { htmlEscape } from "escape-goat";
import type { ExecutorStatus } from "../execute/executor.ts";
import type { Graph } from "../graph/node.ts";
import { toMermaid } from "../graph/mermaid.ts";
import type { Reading } from "./timeline.ts";
import { PAGE_STYLE } from "./page-style.ts";

/** What the page tells of. */
export interface TimelineReport {
  readonly graph: Graph;
  readonly id: string;
  readonly readings: readonly Reading[];
  readonly status: ExecutorStatus;
  /** What the process may use; undefined where nothing limits it. */
  readonly limitBytes: number | undefined;
  /** Where the limit comes from, such as `--limit` or `cgroup v1`. */
  readonly limitSource: string;
  readonly peakRssBytes: number;
  readonly elapsedMs: number;
  readonly finished: number;
  readonly heldRatio: number;
}

const MB = 2 ** 20;
const WIDTH = 960;
const HEIGHT = 220;
const LEFT = 64;
const BOTTOM = 24;

/** The page. */
export function timelinePage(report: TimelineReport): string {
  const { graph, id, readings, limitBytes, peakRssBytes, elapsedMs, finished, status, heldRatio, limitSource } = report;
  const { values, limiter, profile } = status;
  const seconds = elapsedMs / 1000;
  const limit = limitBytes === undefined ? "no limit" : `its limit of ${megabytes(limitBytes)}`;
  const rows: readonly (readonly [string, string])[] = [
    ["peak resident memory", megabytes(peakRssBytes)],
    ["limit", limitBytes === undefined ? "none" : `${megabytes(limitBytes)} (${limitSource})`],
    ["profile", profile.name],
    ["nodes and items", `${grouped(finished)} in ${seconds.toFixed(1)} s, ${(finished / seconds).toFixed(0)} a second`],
    [
      "large values",
      `${grouped(values.large)}, of which ${grouped(values.written)} went to files and ${grouped(values.readBack)} were read back`,
    ],
    ["most tasks at once", grouped(Math.max(0, ...readings.map(({ inFlight }) => inFlight)))],
    ["time in which memory held tasks back", `${(100 * heldRatio).toFixed(0)} %`],
    ["forced collections", `${limiter.forced.count}, ${Math.round(limiter.forced.pauseMs)} ms in all`],
    [
      "a task holds, as learned",
      limiter.costs.map(({ kind, totalBytes }) => `${kind} ${megabytes(totalBytes)}`).join(", ") || "not known yet",
    ],
  ];
  const charts = [
    chart("Memory, MB", readings, limitBytes === undefined ? undefined : limitBytes / MB, [
      ["resident", "a", ({ rssBytes }) => rssBytes / MB],
      ["external (Buffers)", "b", ({ externalBytes }) => externalBytes / MB],
      ["JavaScript heap", "c", ({ heapBytes }) => heapBytes / MB],
    ]),
    chart("Large values, MB", readings, undefined, [
      ["in memory", "a", ({ heldBytes }) => heldBytes / MB],
      ["in files", "b", ({ fileBytes }) => fileBytes / MB],
    ]),
    chart("Tasks at once", readings, undefined, [["tasks", "a", ({ inFlight }) => inFlight]]),
    chart("Nodes and items done", readings, undefined, [["done", "a", ({ finished: done }) => done]]),
  ];
  const verdict =
    limitBytes === undefined || peakRssBytes <= limitBytes
      ? `It stayed within ${limit}: at most ${megabytes(peakRssBytes)} were resident.`
      : `It passed ${limit}: ${megabytes(peakRssBytes)} were resident.`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>${htmlEscape(graph.name)} – timeline</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<header><p>workflow run ${htmlEscape(id)}</p><h1>${htmlEscape(graph.name)}</h1><p class="verdict">${verdict}</p></header>
<main>
${charts.join("\n")}
<section><h2>In figures</h2><table><tbody>${rows.map(([name, value]) => `<tr><th scope="row">${name}</th><td>${htmlEscape(value)}</td></tr>`).join("")}</tbody></table></section>
<section><h2>The graph</h2><p>As Mermaid:</p><pre>${htmlEscape(toMermaid(graph))}</pre></section>
</main>
</body>
</html>
`;
}

type Line = readonly [name: string, colour: string, read: (reading: Reading) => number];

function chart(title: string, readings: readonly Reading[], bound: number | undefined, lines: readonly Line[]): string {
  const endMs = Math.max(1, readings.at(-1)?.ms ?? 1);
  const most = Math.max(bound ?? 0, ...lines.map(([, , read]) => Math.max(0, ...readings.map(read))));
  const top = niceTop(most);
  const x = (ms: number): string => (LEFT + (ms / endMs) * (WIDTH - LEFT - 8)).toFixed(1);
  const y = (value: number): string => (HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - 12)).toFixed(1);
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const value = share * top;
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH - 8}" y1="${y(value)}" y2="${y(value)}"/><text x="${LEFT - 8}" y="${y(value)}" text-anchor="end" dominant-baseline="middle">${label(value)}</text>`;
  });
  const times = [0, 0.25, 0.5, 0.75, 1].map(
    (share) =>
      `<text x="${x(share * endMs)}" y="${HEIGHT - 4}" text-anchor="${share === 0 ? "start" : share === 1 ? "end" : "middle"}">${((share * endMs) / 1000).toFixed(0)} s</text>`,
  );
  const drawn = lines.map(([name, colour, read]) => {
    const points = readings.map((reading) => `${x(reading.ms)},${y(read(reading))}`).join(" ");
    return `<polyline class="line ${colour}" points="${points}"><title>${name}</title></polyline>`;
  });
  const limit =
    bound === undefined
      ? ""
      : `<line class="limit" x1="${LEFT}" x2="${WIDTH - 8}" y1="${y(bound)}" y2="${y(bound)}"><title>limit</title></line>`;
  const legend = lines.map(([name, colour]) => `<span class="key ${colour}">${name}</span>`);
  if (bound !== undefined) legend.push(`<span class="key limit">limit</span>`);
  const highest = lines
    .map(([name, , read]) => `${name} at most ${label(Math.max(0, ...readings.map(read)))}`)
    .join(", ");
  return `<section><h2>${title}</h2><p class="legend">${legend.join("")}</p><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title} over ${(endMs / 1000).toFixed(0)} seconds: ${highest}">${grid.join("")}${limit}${drawn.join("")}${times.join("")}</svg></section>`;
}

/** 1, 2, 4 or 8 times a power of ten, so that quarters are round. */
function niceTop(value: number): number {
  const base = 10 ** Math.floor(Math.log10(Math.max(value, 1e-9)));
  return Math.max(
    4,
    [1, 1.2, 1.6, 2, 3, 4, 6, 8, 10].map((factor) => factor * base).find((top) => top >= value) ?? 10 * base,
  );
}

function label(value: number): string {
  return value >= 10_000
    ? `${(value / 1000).toFixed(0)} k`
    : value >= 10 || value === 0
      ? value.toFixed(0)
      : value.toFixed(1);
}

function megabytes(bytes: number): string {
  return bytes >= 10 * MB || bytes === 0 ? `${Math.round(bytes / MB)} MB` : `${(bytes / MB).toFixed(1)} MB`;
}

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}
