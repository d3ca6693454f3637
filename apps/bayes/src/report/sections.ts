/** The first sections of the report: the verdict, the table and the drawings. */
import { formatBytes } from "plimsoll/monitor";
import type { Fit } from "../fit.ts";
import { type Html, html } from "./escape.ts";
import { count, duration, rowOf, wholeNumber, writeRHat } from "./figures.ts";
import { chainClass, densityPlot, rankPlot, thinning, tracePlot } from "./plots.ts";
import { fewestDraws } from "../summary/effective-sample-size.ts";
import { list, section } from "./parts.ts";
import type { Memory } from "./run-sections.ts";
import { select, type Shown, worstOf } from "./selection.ts";
import { HEADS, omissionWords } from "./table.ts";
import { drawsOf, judge, leastEss } from "./verdict.ts";

/** Rows of the table that is seen at once, at most. */
const TABLE_ROWS = 40;
/** Rows of the one that is folded away, at most. */
const FOLDED_ROWS = 250;
/** Quantities that are drawn at most. */
const DRAWN_QUANTITIES = 20;
/** Chains that are drawn at most. */
const DRAWN_CHAINS = 8;

/** The judgement, what to do, and the main figures. */
export function verdictSection(fit: Fit, memory: Memory): Html {
  const { kind, claim, reasons, advice } = judge(fit);
  const word = { good: "✓ converged", bad: "✗ not yet", open: "▲ open" }[kind];
  const draws = drawsOf(fit).reduce((sum, each) => sum + each, 0);
  const least = Math.min(...fit.quantities.map(leastEss).filter((each) => !Number.isNaN(each)));
  const facts: [string, string, string][] = [
    ["draws", wholeNumber(draws), count(fit.records.length, "chain")],
    ["R-hat, worst", writeRHat(worstOf(fit.quantities)?.summary.rHat ?? Number.NaN), "must be below 1.01"],
    ["effective draws", wholeNumber(least), "the fewest of any"],
    ["divergences", wholeNumber(fit.divergences), "of all trajectories"],
    ["sampling", duration(fit.samplingMs), count(fit.gradients, "gradient")],
    ["memory", formatBytes(memory.peakRssBytes), "resident at most"],
  ];
  return html`<section id="verdict" class="${kind}">
    <p class="badge">${word}</p>
    <h1>${claim}</h1>
    ${list(reasons)}
    ${
      advice.length > 0 &&
      html`<h2 class="todo">What to do</h2>
        ${list(advice)}`
    }
    <dl class="facts">
      ${facts.map(
        ([term, value, note]) =>
          html`<div>
            <dt>${term}</dt>
            <dd>${value}<small>${note}</small></dd>
          </div>`,
      )}
    </dl>
  </section>`;
}

/** Quantities in figures: the first of each value, and all of them (within bounds) folded away. */
export function tableSection(fit: Fit): Html {
  const [few, many] = [select(fit, TABLE_ROWS), select(fit, FOLDED_ROWS)];
  return section(
    "posterior",
    "Posterior",
    html`<p class="soft" id="posterior-note">
        MCSE: standard error of the mean. 5 %, 50 %, 95 %: quantiles. ESS: how many independent draws these are worth.
      </p>
      ${table("Posterior in figures", few)}
      ${
        many.length > few.length &&
        html`<details>
          <summary>
            ${many.length < fit.quantities.length ? "More" : "All"} of
            ${count(fit.quantities.length, "quantity", "quantities")}
          </summary>
          ${table("Posterior in figures, in full", many)}
        </details>`
      }`,
  );
}

function table(label: string, shown: readonly Shown[]): Html {
  return html`<div class="card scroll" tabindex="0" role="region" aria-label="${label}">
    <table aria-describedby="posterior-note">
      <thead>
        <tr>
          <th scope="col" class="name">quantity</th>
          ${HEADS.map(([, head]) => html`<th scope="col">${head}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${shown.map(tableRow)}
      </tbody>
    </table>
  </div>`;
}

function tableRow(each: Shown): Html {
  if ("omission" in each)
    return html`<tr>
      <th scope="row" class="name soft" colspan="${HEADS.length + 1}">${omissionWords(each.omission)}</th>
    </tr>`;
  const { name, summary } = each.quantity;
  const row = rowOf(summary);
  const isApart = summary.rHat >= 1.01;
  return html`<tr>
    <th scope="row" class="name">${name}</th>
    ${HEADS.map(([key]) => html`<td ${isApart && key === "rHat" && html`class="bad"`}>${row[key]}</td>`)}
  </tr>`;
}

/** Traces, densities and ranks. */
export function drawingSection(fit: Fit): Html | undefined {
  const divergent = fit.records.slice(0, DRAWN_CHAINS).map((record) => record.divergent);
  if (divergent.every(({ length }) => length === 0)) return undefined;
  const varied = select(fit, DRAWN_QUANTITIES).flatMap((each) => ("quantity" in each ? [each.quantity] : []));
  const worst = worstOf(fit.quantities);
  const chosen = (worst && !varied.includes(worst) ? [...varied, worst] : varied).filter(
    ({ summary }) => summary.sd !== 0,
  );
  const every = thinning(divergent);
  const notes = [
    `One colour a chain${fit.records.length > DRAWN_CHAINS ? `, the first ${DRAWN_CHAINS} of ${fit.records.length}` : ""}.`,
    every > 1 && `Of every ${every} draws one is drawn in the traces; densities and ranks are of all.`,
    chosen.length < fit.quantities.length &&
      `${chosen.length} of ${wholeNumber(fit.quantities.length)} quantities are drawn, the one with the worst R-hat among them.`,
    "Densities go from the 0.5 % to the 99.5 % quantile. Ranks are even where chains agree (dashed line).",
    divergent.some(({ length }) => length < fewestDraws(divergent)) &&
      "Chains with less than half of the longest one's draws have a trace alone.",
    fit.divergences > 0 && "Red marks: draws whose trajectory diverged.",
  ].filter((note) => note !== false);
  return section(
    "drawings",
    "Traces, densities, ranks",
    html`<p class="soft">${notes.join(" ")}</p>
      <p class="legend">
        ${divergent.map((_, index) => html`<span><i class="${chainClass(index)}"></i>chain ${index + 1}</span>`)}
      </p>
      ${chosen.map((quantity) => {
        const drawn = { name: quantity.name, chains: quantity.chains.slice(0, DRAWN_CHAINS), divergent };
        const row = rowOf(quantity.summary);
        return html`<figure class="card quantity">
          <figcaption>
            <h3>${quantity.name}</h3>
            <span>${row.mean}, 90 % from ${row.q5} to ${row.q95}</span>
            <span class="soft">R-hat ${row.rHat}, ESS ${row.bulkEss} / ${row.tailEss}</span>
          </figcaption>
          <div class="plots">${tracePlot(drawn)} ${densityPlot(drawn)} ${rankPlot(drawn)}</div>
        </figure>`;
      })}`,
  );
}
