/**
 * The page's last sections: which processes there were under which limit, and how all this is known.
 */
import { formatBytes } from "../../../base/bytes.ts";
import { isViolent, suspectWords, waterlineWords } from "../exit-waterline.ts";
import type { Report, ReportProcess } from "../report.ts";
import { formatDuration, headline, ownWords, peakWords } from "../words.ts";
import { type Html, html } from "./escape.ts";
import { bullets, section, size, sparkline } from "./parts.ts";

/** The tree of processes and workers, and the limit that applies. */
export function processSection(report: Report): Html {
  const { limit, processes } = report;
  return section(
    "processes",
    processes.length > 1 ? "Processes, workers and the limit" : "Process and limit",
    html`<div class="card">
      <p>
        ${limit.bytes === null ? html`<b>No limit applies</b> (${limit.source}).` : html`<b>Limit ${formatBytes(limit.bytes)}</b>, ${limit.source}. Highest use: ${peakWords(report)}.`}
        End: ${report.exit.cause}.
      </p>
      ${endNotes(report)}
      <ul class="tree">
        ${totalRow(report)}${processes.map((entry) => processRow(entry, report.seconds))}
      </ul>
    </div>`,
  );
}

/** What was last seen, and what most likely filled the memory; nothing for an end in order. */
function endNotes({ exit }: Report): Html | undefined {
  if (!isViolent(exit)) return undefined;
  const waterline = exit.waterline ? [`Last seen: ${waterlineWords(exit.waterline)}.`] : [];
  return bullets([...waterline, ...(exit.suspects ?? []).map((one) => `Suspect: ${suspectWords(one)}.`)]);
}

/** All processes together: this is what a container's limit counts. */
function totalRow({ processes, seconds, total }: Report): Html | undefined {
  if (!total) return undefined;
  const count = new Set(processes.map(({ pid }) => pid)).size;
  return html`<li class="process">
    <div class="who"><b>all ${count} together</b><small>shared pages count once for each</small></div>
    <div class="line">${sparkline(total.seconds, total.rssBytes, seconds)}</div>
    <div class="size">${size(total.peakRssBytes)}<small>highest</small></div>
    <div></div>
  </li>`;
}

function processRow(entry: ReportProcess, seconds: number): Html {
  const { claim, mark, sure, tone } = headline(entry.verdict);
  const isWorker = entry.thread !== undefined;
  const peak = isWorker ? entry.peakHeapUsedBytes : entry.peakRssBytes;
  const heapLimit = entry.heapLimitBytes === undefined ? "" : `heap limit ${formatBytes(entry.heapLimitBytes)}`;
  const life =
    entry.startedSeconds !== undefined && entry.endedSeconds !== undefined
      ? `lived ${formatDuration(entry.endedSeconds - entry.startedSeconds)}`
      : "";
  const notes = [
    entry.node === undefined || isWorker ? "" : `Node ${entry.node}`,
    heapLimit,
    life,
    entry.death ?? "",
  ].filter((note) => note !== "");
  return html`<li class="${isWorker ? "worker" : "process"}">
    <div class="who">
      <b>${isWorker ? `worker ${entry.thread}` : entry.name}</b>
      <span class="soft">${isWorker ? "" : `pid ${entry.pid}`}</span
      >${!entry.observed && html` <span class="tag">seen from outside only</span>`}<small
        >${notes.map((note, index) => html`${index > 0 && " · "}<span class="note">${note}</span>`)}</small
      >
    </div>
    <div class="line">
      ${sparkline(entry.samples.seconds, isWorker ? entry.samples.heapUsedBytes : entry.samples.rssBytes, seconds)}
    </div>
    <div class="size">${size(peak)}<small>${isWorker ? "highest heap" : "highest"}</small></div>
    <div class="judged ${tone}">
      <span aria-hidden="true">${mark}</span> ${claim}${sure !== undefined && html`<small>${sure}</small>`}
    </div>
  </li>`;
}

/** What is not known, how it was measured, what measuring cost, and the data themselves. */
export function methodSection(report: Report): Html {
  const { platform, version } = report;
  const node = platform.node === undefined ? "" : `, Node ${platform.node}`;
  return section(
    "method",
    "How this is known",
    html`<div class="card">
      ${
        report.unknown.length > 0 &&
        html`<h3>What could not be measured</h3>
          ${bullets(report.unknown)}`
      }
      <h3>Method</h3>
      <p>
        Memory was read from inside every Node thread and from the kernel twice a second. A leak is growth of what
        remains after major collections, lasting beyond warm-up; the allocating function comes from V8’s sampling heap
        profiler, whose sizes are estimates. Function lines are where the function starts.
      </p>
      <h3>Cost</h3>
      <p>Plimsoll itself used ${ownWords(report)}.</p>
      <h3>Data</h3>
      <p>
        The whole report is embedded in this page as JSON, in the element <code>plimsoll-report</code> (schema
        <code>${report.schema}</code>). It holds no heap strings, no environment and no argument values.
        <a id="save" download="report.json" href="#method">Save it as report.json</a>
      </p>
      <p class="soft">Plimsoll ${version} on ${platform.os} ${platform.arch}${node}.</p>
    </div>`,
  );
}
