/**
 * The report as one HTML file that a person would show to a friend: it opens offline, asks the
 * network for nothing (its own content security policy forbids it), works in light and dark, at 320
 * pixels, with keyboard and screen reader, and on paper. The report's JSON is embedded.
 */
import { createHash } from "node:crypto";
import { readAsset, readChartLibrary } from "./html/assets.ts";
import { chartSection } from "./html/chart.ts";
import { dataElement, html, scriptElement, styleElement } from "./html/escape.ts";
import { heapSection } from "./html/heap-section.ts";
import { ledgerSection } from "./html/ledger-section.ts";
import { methodSection, processSection } from "./html/process-sections.ts";
import {
  culpritSection,
  growthSection,
  nextSection,
  ruledOutSection,
  trialSection,
  verdictSection,
} from "./html/sections.ts";
import type { Report } from "./report.ts";
import { headline } from "./words.ts";

// In the C locale Chromium calls its language "en-US@posix", which Intl refuses: uPlot would not load.
const LOCALE_GUARD = `try{new Intl.NumberFormat(navigator.language)}catch{Object.defineProperty(navigator,"language",{value:"en-US"})}`;

/** Draws the report as a self-contained HTML page. */
export function renderHtml(report: Report): string {
  const licence = readChartLibrary("LICENSE").replaceAll("*/", "* /");
  const library = `/*!\n${licence}*/\n${LOCALE_GUARD}\n${readChartLibrary("uPlot.iife.min.js")}`;
  const clients = [readAsset("chart.client.js"), ...(report.heap ? [readAsset("treemap.client.js")] : [])];
  const style = `${readChartLibrary("uPlot.min.css")}\n${readAsset("page.css")}\n${readAsset("sections.css")}${report.heap ? `\n${readAsset("heap.css")}` : ""}`;
  const policy = [
    "default-src 'none'",
    "img-src data:",
    `style-src ${digest(style)}`,
    `script-src ${[library, ...clients].map(digest).join(" ")}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const { claim, mark } = headline(report.verdict);
  const started = new Date(report.startedAt);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <meta name="robots" content="noindex" />
        <link rel="icon" href="data:," />
        <title>${mark} ${claim} – ${report.command} – plimsoll</title>
        ${styleElement(style)}
      </head>
      <body>
        <header>
          <p class="brand">
            <svg viewBox="0 0 32 24" aria-hidden="true" focusable="false">
              <circle cx="16" cy="12" r="8" />
              <path d="M2 12h28" /></svg
            >plimsoll
          </p>
          <p class="run"><b>${report.command}</b> <time datetime="${report.startedAt}">${formatDate(started)}</time></p>
        </header>
        <main>
          ${verdictSection(report)} ${chartSection(report)} ${culpritSection(report)} ${heapSection(report)}
          ${ruledOutSection(report)} ${nextSection(report)} ${trialSection(report)} ${growthSection(report)}
          ${ledgerSection(report)} ${processSection(report)} ${methodSection(report)}
        </main>
        ${dataElement("plimsoll-report", report)} ${scriptElement(library)} ${clients.map(scriptElement)}
      </body>
    </html> `.html;
}

function formatDate(date: Date): string {
  return Number.isNaN(date.getTime()) ? "" : `${date.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function digest(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
