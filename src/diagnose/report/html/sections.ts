/**
 * The page's sections in words, in the order in which a reader asks: is it a leak, of what and where,
 * what is it not, what to do, all that grows.
 */
import { formatBytes } from "../../../base/bytes.ts";
import { bridge } from "../bridge.ts";
import type { Report } from "../report.ts";
import {
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
  headline,
  inlineWords,
  kindWords,
  ruledOutWords,
  subjectWords,
} from "../words.ts";
import { type Html, html } from "./escape.ts";
import { bullets, place, section } from "./parts.ts";

/** The verdict sentence with its confidence, what would change it, and the key figures. */
export function verdictSection(report: Report): Html {
  const { verdict } = report;
  const { claim, mark, sure, tone } = headline(verdict);
  const where = verdict.leak ? report.growth.find((candidate) => candidate.where)?.where : undefined;
  return html`<section id="verdict" class="${tone}" aria-labelledby="verdict-title">
    <p class="badge">
      <span aria-hidden="true">${mark} </span><strong>${claim}</strong>${sure !== undefined && `, ${sure}`}
    </p>
    <h1 id="verdict-title">${verdict.sentence}</h1>
    ${where && html`<p class="origin">Allocated in ${place(where)}</p>`}
    ${verdict.wouldChange !== "" && html`<p class="change"><b>${verdict.kind === "undetermined" ? "What is needed:" : "What would change our mind:"}</b> ${verdict.wouldChange}</p>`}
    ${figures(report)}
  </section>`;
}

function figures(report: Report): Html {
  const { gc, growth, limit, peak, requests, secondsToLimit, seconds } = report;
  const highest = Math.max(peak.rssBytes, report.total?.peakRssBytes ?? 0);
  const share =
    limit.bytes === null ? "no limit applies" : `${formatShare(highest / limit.bytes)} of ${formatBytes(limit.bytes)}`;
  const [top] = growth;
  const facts: [string, string, string][] = [["Highest", formatBytes(highest), share]];
  if (top) {
    const kept = top.bytesPerRequest
      ? `${formatBytes(top.bytesPerRequest)} kept per request`
      : `${formatBytes(top.bytes)} in all`;
    facts.push(["Growth", formatRate(top.bytesPerSecond), kept]);
  }
  if (secondsToLimit !== undefined) facts.push(["Full in", formatDuration(secondsToLimit), "at the present rate"]);
  if (gc) {
    facts.push([
      "Collecting",
      formatShare(gc.pauseShare),
      `${formatCount(gc.majors)} major, ${formatCount(gc.minors)} minor`,
    ]);
  }
  if (requests) facts.push(["Requests", formatCount(requests.count), `${requests.perSecond} a second`]);
  facts.push(["Watched for", formatDuration(seconds), exitShort(report)]);
  return html`<dl class="facts">
    ${facts.map(
      ([label, value, note]) =>
        html`<div>
          <dt>${label}</dt>
          <dd>${value}<small>${note}</small></dd>
        </div>`,
    )}
  </dl>`;
}

function exitShort({ exit }: Report): string {
  if (exit.signal !== null) return `ended by ${exit.signal}`;
  return exit.code === null ? exit.cause : `exit code ${exit.code}`;
}

/** What grows most, the code that allocates it, and the evidence; only the evidence where nothing grows. */
export function culpritSection(report: Report): Html | undefined {
  const { growth, subject, verdict, processes } = report;
  const top = verdict.leak ? (growth.find((candidate) => candidate.where) ?? growth[0]) : undefined;
  const evidence = bullets(verdict.evidence);
  if (!top) return evidence && section("evidence", "What was seen", html`<div class="card">${evidence}</div>`);
  const rows: [string, Html][] = [];
  if (top.where) {
    const inlined = inlineWords(top.where);
    rows.push([
      "Allocated in",
      html`${place(top.where)}${inlined !== undefined && html` <span class="soft">${inlined}</span>`}`,
    ]);
  }
  if (top.callers && top.callers.length > 0) {
    rows.push([
      "Called by",
      html`<ol class="calls">
        ${top.callers.map((caller) => html`<li>${place(caller)}</li>`)}
      </ol>`,
    ]);
  }
  rows.push([
    "Held by",
    top.holder === undefined
      ? html`<span class="soft">not known: a profile names only who allocates</span>`
      : html`<code>${top.holder}</code>`,
  ]);
  const count = top.count > 0 ? `, told from ${formatCount(top.count)} samples` : "";
  const perRequest = top.bytesPerRequest ? `, ${formatBytes(top.bytesPerRequest)} for each request` : "";
  rows.push([
    "Growth",
    html`${formatRate(top.bytesPerSecond)}${perRequest}; ${formatBytes(top.bytes)} while watched${count}`,
  ]);
  if (subject && (processes.length > 1 || subject.thread !== undefined))
    rows.push(["In", html`${subjectWords(subject)}`]);
  return section(
    "culprit",
    "The culprit",
    html`<div class="card culprit">
      <p class="what">${top.what}</p>
      <dl class="rows">
        ${rows.map(
          ([label, value]) =>
            html`<div>
              <dt>${label}</dt>
              <dd>${value}</dd>
            </div>`,
        )}
      </dl>
      ${
        evidence &&
        html`<h3>How we know</h3>
          ${evidence}`
      }
    </div>`,
  );
}

/** The kinds that it is not, each with its test. */
export function ruledOutSection({ verdict }: Report): Html | undefined {
  const ruledOut = ruledOutWords(verdict);
  if (ruledOut.length === 0) return undefined;
  return section(
    "not",
    "What it is not",
    html`<dl class="card rows">
      ${ruledOut.map(
        ([kind, why]) =>
          html`<div>
            <dt>${kind}</dt>
            <dd>${why}</dd>
          </div>`,
      )}
    </dl>`,
  );
}

/** The fix, the bridge until it ships, the safe limit. */
export function nextSection(report: Report): Html | undefined {
  const until = bridge(report);
  const { next } = report.verdict;
  if (next.length === 0 && until === undefined) return undefined;
  return section(
    "next",
    "What to do",
    html`<ol class="card steps">
      ${next.map((step) => html`<li>${commands(step)}</li>`)}${until !== undefined && html`<li><b>Bridge:</b> ${commands(until)}</li>`}
    </ol>`,
  );
}

/** Shows what stands between backquotes as code. */
function commands(text: string): Html {
  return html`${text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part))}`;
}

/** What was asked for besides watching, and what it showed. */
export function trialSection({ trials = [] }: Report): Html | undefined {
  if (trials.length === 0) return undefined;
  return section(
    "trials",
    "What was tried",
    html`<ul class="card steps">
      ${trials.map(
        ({ name, sentence, details }) =>
          html`<li>
            <b>${name}:</b> ${sentence}${
              details.length > 0 &&
              html`<ul>
                ${details.map((detail) => html`<li>${detail}</li>`)}
              </ul>`
            }
          </li>`,
      )}
    </ul>`,
  );
}

/** Everything that grows. */
export function growthSection({ growth }: Report): Html | undefined {
  if (growth.length === 0) return undefined;
  return section(
    "growth",
    "All that grows",
    html`<div class="card scroll" tabindex="0" role="region" aria-labelledby="growth-title">
      <table>
        <thead>
          <tr>
            <th scope="col" class="text">what</th>
            <th scope="col">rate</th>
            <th scope="col">in all</th>
            <th scope="col">samples</th>
            <th scope="col" class="text">allocated in</th>
          </tr>
        </thead>
        <tbody>
          ${growth.map(
            (entry) =>
              html`<tr>
                <th scope="row" class="text">${entry.what}<small>${kindWords(entry.kind)}</small></th>
                <td>${formatRate(entry.bytesPerSecond)}</td>
                <td>${formatBytes(entry.bytes)}</td>
                <td>${entry.count > 0 ? formatCount(entry.count) : "–"}</td>
                <td class="text">${entry.where ? place(entry.where) : "–"}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`,
  );
}
