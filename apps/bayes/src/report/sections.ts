/** The sections of the report: the verdict, the table, the drawings, the chains, and how all this was made. */
import { formatBytes } from "plimsoll/monitor";
import type { Fit } from "../fit.ts";
import { energyFraction } from "./energy.ts";
import { type Html, html, type Part } from "./escape.ts";
import { count, duration, rowOf, shortNumber, wholeNumber, writeRHat } from "./figures.ts";
import { chainClass, densityPlot, energyPlot, rankPlot, thinning, tracePlot } from "./plots.ts";
import { select, type Shown, worstOf } from "./selection.ts";
import { HEADS, omissionWords } from "./table.ts";
import { drawsOf, judge, leastEss } from "./verdict.ts";

/** Rows of the table at most. */
const TABLE_ROWS = 200;
/** Quantities that are drawn at most. */
const DRAWN_QUANTITIES = 20;
/** Chains that are drawn at most. */
const DRAWN_CHAINS = 8;

/** What the process used. */
export interface Memory {
  readonly peakRssBytes: number;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
}

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

/** Every quantity in figures. */
export function tableSection(fit: Fit): Html {
  const shown = select(fit, TABLE_ROWS);
  return section(
    "posterior",
    "Posterior",
    html`<p class="soft" id="posterior-note">
        MCSE: standard error of the mean. 5 %, 50 %, 95 %: quantiles. ESS: how many independent draws these are worth.
      </p>
      <div class="card scroll" tabindex="0" role="region" aria-label="Posterior in figures">
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
      </div>`,
  );
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

/** How each chain went, and the energy of all. */
export function chainSection({ records, settings }: Fit): Html {
  const heads = [
    "draws",
    "step size",
    "acceptance",
    "tree depth",
    "gradients",
    "divergences",
    "at depth limit",
    "E-BFMI",
  ];
  const mean = (values: Float64Array | Uint8Array): number => sum(values) / values.length;
  const rows = records.map(({ divergent, stepSize, acceptance, depth, steps, energy }, index) => {
    const atLimit = depth.reduce((total, each) => total + (each >= settings.maxDepth ? 1 : 0), 0);
    const cells = [
      wholeNumber(divergent.length),
      shortNumber(stepSize),
      fixed(mean(acceptance), 3),
      fixed(mean(depth), 1),
      wholeNumber(sum(steps)),
      wholeNumber(sum(divergent)),
      wholeNumber(atLimit),
      fixed(energyFraction(energy), 2),
    ];
    return html`<tr>
      <th scope="row" class="name">${index + 1}</th>
      ${cells.map((cell) => html`<td>${cell}</td>`)}
    </tr>`;
  });
  const energies = records.map(({ energy }) => energy).filter(({ length }) => length > 1);
  return section(
    "chains",
    "Chains and their energy",
    html`<p class="soft" id="chains-note">
        After warm-up. Acceptance and tree depth: means. E-BFMI below 0.3 means that tails are explored slowly.
      </p>
      <div class="card scroll" tabindex="0" role="region" aria-label="Chains in figures">
        <table aria-describedby="chains-note">
          <thead>
            <tr>
              <th scope="col" class="name">chain</th>
              ${heads.map((head) => html`<th scope="col">${head}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${rows}
          </tbody>
        </table>
      </div>
      ${
        energies.length > 0 &&
        html`<figure class="card">
          ${energyPlot(energies)}
          <figcaption class="legend">
            <span><i class="area"></i>energy around its mean</span>
            <span><i class="moved"></i>its change from one draw to the next: as wide where energy moves freely</span>
          </figcaption>
        </figure>`
      }`,
  );
}

/** Settings, data, memory, and the sources of the methods. */
export function methodSection({ model, settings, gradients, samplingMs }: Fit, memory: Memory): Html {
  const entries = Object.entries(model.data).map(([name, value]) => `${name} (${sizeInWords(value)})`);
  const rows: [string, Part][] = [
    ["Model", `${model.name}, ${count(model.dimension, "unconstrained parameter")}`],
    ["Data", entries.length > 0 ? entries.join(", ") : "none"],
    [
      "Sampler",
      `${samplerInWords(settings)}; ${settings.metric} metric, target acceptance ${settings.targetAcceptance}`,
    ],
    [
      "Chains",
      `${settings.chains}, each ${wholeNumber(settings.warmUp)} draws of warm-up and ${wholeNumber(settings.draws)} kept`,
    ],
    ["Seed", String(settings.seed)],
    ["Time", `${duration(samplingMs)} in which chains moved, ${count(gradients, "gradient")}`],
    [
      "Memory",
      `resident at most ${formatBytes(memory.peakRssBytes)} in this process' life; now ${formatBytes(memory.rssBytes)}, of which ${formatBytes(memory.heapUsedBytes)} JavaScript heap`,
    ],
    ["Node", `${process.versions.node} on ${process.platform} ${process.arch}`],
    [
      "Methods",
      html`Hoffman and Gelman, JMLR 15 (2014); Betancourt, arXiv:1701.02434 and arXiv:1604.00695; rank plots, R-hat and
      effective sample sizes: Vehtari, Gelman, Simpson, Carpenter and Bürkner, Bayesian Analysis 16 (2021).`,
    ],
  ];
  return section(
    "method",
    "How this was made",
    html`<dl class="card rows">
      ${rows.map(
        ([term, text]) =>
          html`<div>
            <dt>${term}</dt>
            <dd>${text}</dd>
          </div>`,
      )}
    </dl>`,
  );
}

function samplerInWords({ sampler, maxDepth, pathLength }: Fit["settings"]): string {
  return sampler === "nuts"
    ? `No-U-Turn, multinomial, depth at most ${maxDepth}`
    : `Hamiltonian Monte Carlo, paths of length ${shortNumber(pathLength)} on average`;
}

function section(id: string, title: string, inside: Part): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${inside}
  </section>`;
}

function list(items: readonly string[]): Html | undefined {
  return items.length > 0
    ? html`<ul>
        ${items.map((item) => html`<li>${item}</li>`)}
      </ul>`
    : undefined;
}

function fixed(value: number, decimals: number): string {
  return Number.isFinite(value) ? value.toFixed(decimals) : "–";
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const each of values) total += each;
  return total;
}

function sizeInWords(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return Array.isArray(value[0]) ? `${value.length} × ${value[0].length}` : `${value.length} numbers`;
}
