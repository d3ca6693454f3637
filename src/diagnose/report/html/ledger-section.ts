/**
 * The page's table of owned values: what the program's own ledger counted last, by library and by the place that
 * made them.
 */
import type { Report, ReportLedger } from "../report.ts";
import { formatCount, formatDuration } from "../words.ts";
import { type Html, html } from "./escape.ts";
import { place, section, size } from "./parts.ts";

/** Nothing where no program has a ledger. */
export function ledgerSection({ ledger = [] }: Report): Html | undefined {
  if (ledger.length === 0) return undefined;
  return section(
    "owned",
    "Owned values",
    html`<p>
        What the program’s own ledger (<code>plimsoll/scope</code>) counted last: values that were created and not
        released. Numbers of libraries are exact, those of places and all bytes are estimated from samples.
      </p>
      ${ledger.map(table)}`,
  );
}

function table(one: ReportLedger): Html {
  const { pid, thread, libraries, places, seconds, firstSeconds } = one;
  const who = thread === undefined ? `pid ${pid}` : `worker ${thread} of pid ${pid}`;
  return html`<p class="soft">
      In ${who}, counted first after ${formatDuration(firstSeconds)} and last after ${formatDuration(seconds)}:
    </p>
    <div class="card scroll" tabindex="0" role="region" aria-label="Owned values of ${who}">
      <table>
        <thead>
          <tr>
            <th scope="col" class="text">what</th>
            <th scope="col">alive</th>
            <th scope="col">bytes</th>
            <th scope="col">at first</th>
            <th scope="col">oldest</th>
            <th scope="col" class="text">made in</th>
          </tr>
        </thead>
        <tbody>
          ${libraries.map(
            ({ name, live, bytes, firstLive, created }) =>
              html`<tr>
                <th scope="row" class="text">${name}<small>${formatCount(created)} made in all</small></th>
                <td>${formatCount(live)}</td>
                <td>${bytes === undefined ? "–" : size(bytes)}</td>
                <td>${formatCount(firstLive)}</td>
                <td>–</td>
                <td class="text">all places</td>
              </tr>`,
          )}
          ${places.map(
            (entry) =>
              html`<tr>
                <td class="text">${entry.name}</td>
                <td>${formatCount(entry.live)}</td>
                <td>${entry.bytes === undefined ? "–" : size(entry.bytes)}</td>
                <td>–</td>
                <td>${formatDuration(entry.oldestSeconds)}</td>
                <td class="text">${entry.where ? place(entry.where) : "not known"}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}
