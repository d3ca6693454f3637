/** The last sections of the report: how each chain went, the energy of all, and how all this was made. */
import { formatBytes } from "plimsoll/monitor";
import type { Fit } from "../fit.ts";
import { energyFraction } from "./energy.ts";
import { type Html, html, type Part } from "./escape.ts";
import { count, duration, shortNumber, wholeNumber } from "./figures.ts";
import { section } from "./parts.ts";
import { energyPlot } from "./plots.ts";

/** Chains in the table at most. */
const CHAIN_ROWS = 50;

/** What the process used. */
export interface Memory {
  readonly peakRssBytes: number;
  readonly rssBytes: number;
  readonly heapUsedBytes: number;
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
  const rows = records.slice(0, CHAIN_ROWS).map(({ divergent, stepSize, acceptance, depth, steps, energy }, index) => {
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
            ${rows}${
              records.length > CHAIN_ROWS &&
              html`<tr>
                <th scope="row" class="name soft" colspan="${heads.length + 1}">
                  … ${wholeNumber(records.length - CHAIN_ROWS)} more
                </th>
              </tr>`
            }
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
    ["Gradient", settings.backend === "jax" ? "jax-js, jitted" : "compiled"],
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
