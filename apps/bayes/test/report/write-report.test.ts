/** The report as people meet it: in Chromium, offline, wide and narrow, light and dark, of fits of any kind. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Fit, renderReport, writeReport } from "../../src/index.ts";
import { makeFit } from "./made-fit.ts";
import { launchBrowser } from "../../../../test/support/browser.ts";

const MAX_BYTES = 500_000;
const directory = mkdtempSync(join(tmpdir(), "bayes-report-"));
let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Opens a report; `complaints` are errors and requests beyond the file itself. */
async function open(fit: Fit, options: BrowserContextOptions): Promise<{ page: Page; complaints: string[] }> {
  const file = join(directory, "opened.html");
  writeFileSync(file, renderReport(fit));
  const context = await browser.newContext({ offline: true, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    if (request.url() !== pathToFileURL(file).href) complaints.push(request.url());
  });
  await page.goto(pathToFileURL(file).href);
  return { page, complaints };
}

const wide = { viewport: { width: 1280, height: 800 } };
const narrow = { viewport: { width: 320, height: 640 }, colorScheme: "dark" } as const;
const fits: readonly (readonly [string, Fit])[] = [
  ["a good one", makeFit()],
  ["one that did not converge", makeFit({ shift: 3, divergentEvery: 20, energyCorrelation: 0.98 })],
  ["one that was stopped", makeFit({ draws: [310, 290, 0, 3] })],
  ["one without a draw", makeFit({ draws: [0, 0, 0, 0] })],
];

describe.each(fits)("the report of %s", (_name, fit) => {
  it.each([wide, narrow])(
    "opens at $viewport.width pixels without complaint and without scrolling sideways",
    async (options) => {
      const { page, complaints } = await open(fit, options);
      expect(complaints).toEqual([]);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(options.viewport.width);
      // Every drawing says what it shows; every cell has heads.
      const named = await page
        .locator("svg[role=img]")
        .evaluateAll((all) => all.map((each) => each.getAttribute("aria-label")));
      for (const label of named) expect(label).toMatch(/^(Traces|Density|Ranks) of .+\.$/);
      expect(
        await page.locator("table thead th:not([scope=col]), table tbody tr > :first-child:not(th[scope=row])").count(),
      ).toBe(0);
      expect(await page.locator("body").innerText()).not.toMatch(/NaN|undefined|Infinity/);
      await page.context().close();
    },
  );
});

describe("the report", () => {
  it("draws every quantity, marks divergences, and tells how it was made", async () => {
    const { page } = await open(makeFit({ divergentEvery: 100 }), wide);
    expect(await page.locator("figure.quantity").count()).toBe(5);
    expect(await page.locator(".trace .divergent").count()).toBe(5);
    expect(await page.locator(".rank .bars").count()).toBe(20);
    expect(await page.locator(".plot.energy").count()).toBe(1);
    const text = await page.locator("#method").innerText();
    for (const part of ["Seed\n9", "x (2 numbers), y (2 numbers)", "resident at most", "1.2 s"])
      expect(text).toContain(part);
    await page.context().close();
  });

  it("draws of a chain that was hardly begun its trace alone", async () => {
    const { page } = await open(makeFit({ draws: [310, 290, 0, 30], size: 1 }), wide);
    const drawn = await Promise.all(
      [".trace .line", ".density .line", ".rank .bars"].map(async (lines) => page.locator(lines).count()),
    );
    expect(drawn).toEqual([12, 6, 6]);
    expect(await page.locator("#drawings").innerText()).toContain("have a trace alone");
    await page.context().close();
  });

  it.each([
    ["many quantities", makeFit({ size: 1500, draws: [60, 60, 60, 60] }), /20 of 1,502 quantities are drawn/],
    ["many draws", makeFit({ draws: [25_000, 25_000, 25_000, 25_000], size: 1 }), /Of every 63 draws one is drawn/],
    ["many chains", makeFit({ draws: new Array<number>(600).fill(12), size: 1 }), /the first 8 of 600.*… 550 more/s],
    [
      "much of everything",
      makeFit({ draws: new Array<number>(8).fill(210), size: 300, divergentEvery: 2, shift: -12_345.678 }),
      /19 of 302 quantities are drawn/,
    ],
  ])("is small, and says what it leaves out, with %s", (_name, fit, words) => {
    const html = renderReport(fit);
    expect(html.length).toBeLessThan(MAX_BYTES);
    expect(html).toMatch(words);
  });

  it("shows names as text, whatever they are", async () => {
    const { page, complaints } = await open(makeFit({ name: "</title><script>alert(1)</script>" }), wide);
    expect(complaints).toEqual([]);
    expect(await page.title()).toMatch(/^<\/title><script>alert\(1\)<\/script>: /);
    expect(await page.locator("script").count()).toBe(0);
    await page.context().close();
  });

  it("is there whole or not at all, for its owner alone", async () => {
    const file = join(directory, "fit.html");
    await writeReport(makeFit(), file);
    expect(readdirSync(directory)).not.toContain("fit.html.part");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file, "utf8")).toMatch(/^<!doctype html>[^]*<\/html>\s*$/i);
  });
});
