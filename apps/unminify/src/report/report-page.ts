/**
 * The report as one HTML page without script or network: what was renamed, from which evidence and how
 * sure, the parts of the bundle by size, and the memory that each phase left.
 */
import { writeFileSync } from "node:fs";
import { htmlEscape } from "escape-goat";
import type { UnminifyResult } from "../unminify.ts";
import { UnminifyError } from "../unminify-error.ts";
import type { Division, EvidenceDigest, ReportDigest } from "./digest.ts";
import { memoryLine } from "./memory-line.ts";
import { treemap } from "./treemap.ts";

const STYLE = `
:root { color-scheme: light dark; --ink: #1b2430; --quiet: #5a6675; --ground: #fff; --box: #dbe7f3; --line: #2a6f97; --edge: #fff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e8ee; --quiet: #9aa7b5; --ground: #14191f; --box: #24415c; --line: #7cc0e8; --edge: #14191f; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin-top: 2rem; }
p { max-width: 45rem; } .quiet { color: var(--quiet); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--box); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.examples { min-width: 18rem; } code { font-size: .85em; overflow-wrap: anywhere; }
svg { display: block; } svg text { fill: var(--ink); font-size: 12px; }
.treemap rect { fill: var(--box); stroke: var(--edge); stroke-width: 1; }
.memory line { stroke: var(--line); stroke-width: 2; } .memory line.limit { stroke: var(--quiet); stroke-dasharray: 4 4; } .memory circle { fill: var(--line); }
`;

/** What the page is made of. */
export interface ReportInput {
  readonly result: UnminifyResult;
  readonly digest: ReportDigest;
  /** Limit that was set, in bytes. */
  readonly maxMemoryBytes?: number;
}

/** Writes the page. @throws UnminifyError `UNWRITABLE`. */
export function writeReport(path: string, input: ReportInput): void {
  try {
    writeFileSync(path, reportPage(input), { mode: 0o600 });
  } catch (error) {
    throw new UnminifyError("UNWRITABLE", `${path} cannot be written: ${String(error)}.`, error);
  }
}

/** The whole page. */
export function reportPage({ result, digest, maxMemoryBytes }: ReportInput): string {
  const { input, bindings, renamed, kept, isVerified, inputBytes, phases, estimate } = result;
  const title = htmlEscape(input.split(/[/\\]/).at(-1) ?? input);
  const seconds = phases.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}: names</title><style>${STYLE}</style></head><body><main>
<h1>${title}</h1>
<p>${count(renamed)} of ${count(bindings)} names are new; ${count(kept)} stay because the outside can see them.
${isVerified ? "The result was read again: nothing but names differs." : "The result was not checked."}</p>
<p class="quiet">${(inputBytes / 1e6).toFixed(2)} MB in ${seconds.toFixed(1)} s</p>
<h2>From which evidence, and how sure</h2>
<div class="scroll"><table><thead><tr><th>evidence</th><th class="number">sure</th><th class="number">names</th><th>such as</th></tr></thead>
<tbody>${digest.evidence.map(evidenceRow).join("\n")}</tbody></table></div>
<p class="quiet">How sure: a name's share of credit by its kind, as an estimate; not measured on this bundle.</p>
<h2>Parts by size</h2>
${divisionText(digest.division)}
${treemap(digest.division.parts)}
<h2>Memory by phase</h2>
${memoryLine(phases, { predictedBytes: estimate.peakBytes, ...(maxMemoryBytes !== undefined && { maxMemoryBytes }) })}
</main></body></html>
`;
}

function evidenceRow({ kind, weight, count: names, examples }: EvidenceDigest): string {
  const shown = examples
    .map(([before, after]) => `<code>${htmlEscape(before)} → ${htmlEscape(after)}</code>`)
    .join(", ");
  const sure = weight === undefined ? "" : `${Math.round(weight * 100)} %`;
  return `<tr><td>${htmlEscape(kind)}</td><td class="number">${sure}</td><td class="number">${count(names)}</td><td class="examples">${shown}</td></tr>`;
}

function divisionText({ kind, count: parts }: Division): string {
  if (kind !== undefined) return `<p>A ${kind} bundle of ${count(parts)} modules, by their keys.</p>`;
  return `<p>No module map: all modules share one scope, as Rollup and esbuild write them. Shown are the ${count(parts)} larger functions of the scope that has most of them.</p>`;
}

function count(number: number): string {
  return number.toLocaleString("en-US");
}
