/**
 * A fit as one HTML file that opens anywhere: no script, no network (its content security policy forbids both), light
 * and dark, for a phone, a screen reader and paper. Its size is bounded: of long fits less is drawn, and it says so.
 */
import { createHash } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";
import { Monitor } from "plimsoll/monitor";
import type { Fit } from "../fit.ts";
import { html } from "./escape.ts";
import { chainSection, type Memory, methodSection } from "./run-sections.ts";
import { drawingSection, tableSection, verdictSection } from "./sections.ts";
import { STYLE } from "./style.ts";
import { judge } from "./verdict.ts";

/**
 * Writes the report of a fit, also of one that was stopped. The file is there whole or not at all.
 *
 * @param file - path of the HTML file; one that exists is replaced.
 */
export async function writeReport(fit: Fit, file: string): Promise<void> {
  const part = `${file}.part`;
  await writeFile(part, renderReport(fit), { mode: 0o600 });
  await rename(part, file);
}

/** The report of a fit as HTML. */
export function renderReport(fit: Fit): string {
  const memory = readMemory();
  const digest = createHash("sha256").update(STYLE).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; base-uri 'none'; form-action 'none'`;
  const made = new Date().toISOString();
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${fit.model.name}: ${judge(fit).claim}</title>
        ${{ html: `<style>${STYLE}</style>` }}
      </head>
      <body>
        <header>
          <p class="brand">
            <svg viewBox="0 0 32 24" aria-hidden="true">
              <path d="M2 20C10 20 11 4 16 4s6 16 14 16" />
              <path d="M2 20h28" /></svg
            >bayes
          </p>
          <p class="run">
            <b>${fit.model.name}</b> <time datetime="${made}">${made.slice(0, 16).replace("T", " ")} UTC</time>
          </p>
        </header>
        <main>
          ${verdictSection(fit, memory)}${tableSection(fit)}${drawingSection(fit)}${chainSection(fit)}${methodSection(fit, memory)}
        </main>
      </body>
    </html> `.html;
}

function readMemory(): Memory {
  const monitor = new Monitor();
  const { rssBytes, heapUsedBytes } = monitor.sample();
  return { peakRssBytes: monitor.peak.highWaterBytes, rssBytes, heapUsedBytes };
}
