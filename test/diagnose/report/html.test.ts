/**
 * The HTML report in a real Chromium, offline: quiet console, no request, a drawn chart, both colour
 * schemes readable, narrow screens, keyboard, paper, and names that try to break out.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderHtml } from "../../../src/diagnose/report/html.ts";
import { buildReport } from "../../../src/diagnose/report/json.ts";
import { CWD, empty, hostile, leak, manyProcesses, type Sample, samples } from "./samples.ts";
import { launchBrowser } from "../../support/browser.ts";

const MAX_BYTES = 500_000;
const directory = mkdtempSync(join(tmpdir(), "plimsoll report "));
let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  rmSync(directory, { recursive: true, force: true });
});

interface Opened {
  readonly page: Page;
  /** Console errors, page errors, dialogs and requests beyond the file itself. */
  readonly complaints: string[];
  readonly html: string;
}

async function open({ recording, diagnosis }: Sample, options: BrowserContextOptions = {}): Promise<Opened> {
  const html = renderHtml(buildReport(recording, diagnosis, { cwd: CWD }));
  const file = join(directory, "report.html");
  writeFileSync(file, html);
  const context = await browser.newContext({ offline: true, viewport: { width: 1280, height: 800 }, ...options });
  await context.addInitScript({ path: join(import.meta.dirname, "in-page.js") });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.setDefaultTimeout(15_000);
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("request", (request) => {
    if (request.url() !== pathToFileURL(file).href && !request.url().startsWith("data:,")) {
      complaints.push(`request: ${request.url()}`);
    }
  });
  page.on("dialog", (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(pathToFileURL(file).href);
  await page.evaluate("inspect.painted()");
  return { page, complaints, html };
}

async function close({ page }: Opened): Promise<void> {
  await page.context().close();
}

/** Calls one of the functions of `in-page.js`. */
function inspect<Result>(page: Page, name: string, argument?: readonly unknown[]): Promise<Result> {
  return page.evaluate<Result>(`inspect.${name}(${argument ? JSON.stringify(argument) : ""})`);
}

describe("renderHtml", () => {
  it.each(Object.keys(samples))("opens the report of %s offline, quietly and within its size", async (name) => {
    const opened = await open(samples[name]?.() ?? leak());
    expect(opened.complaints).toEqual([]);
    expect(Buffer.byteLength(opened.html)).toBeLessThan(MAX_BYTES);
    expect(await opened.page.locator("h1").count()).toBe(1);
    await close(opened);
  });

  it("stays within its size for very many processes", () => {
    const { recording, diagnosis } = manyProcesses(300);
    expect(Buffer.byteLength(renderHtml(buildReport(recording, diagnosis)))).toBeLessThan(MAX_BYTES);
  });

  it.each(["light", "dark"] as const)(
    "draws the waterline in %s, and again when the scheme changes",
    async (colorScheme) => {
      const opened = await open(leak(), { colorScheme });
      const layers = ["--layer-heap", "--layer-rest", "--layer-slack", "--limit", "--floor"];
      const fewest = async () => Math.min(...(await inspect<number[]>(opened.page, "countPixels", layers)));
      expect(await fewest()).toBeGreaterThan(50);
      await opened.page.emulateMedia({ colorScheme: colorScheme === "light" ? "dark" : "light" });
      await expect.poll(fewest, { timeout: 10_000 }).toBeGreaterThan(50);
      expect(opened.complaints).toEqual([]);
      await close(opened);
    },
  );

  it.each(["light", "dark"] as const)("is readable in %s", async (colorScheme) => {
    for (const sample of [leak(), manyProcesses(7), empty()]) {
      const opened = await open(sample, { colorScheme });
      for (const summary of await opened.page.locator("summary").all()) await summary.click();
      const measured = await inspect<{ text: string; ratio: number }[]>(opened.page, "textContrasts");
      expect(measured.length).toBeGreaterThan(15);
      expect(measured.filter(({ ratio }) => ratio < 4.5)).toEqual([]);
      await close(opened);
    }
  });

  it.each(["light", "dark"] as const)("has chart marks that stand out in %s", async (colorScheme) => {
    const opened = await open(leak(), { colorScheme });
    const ratios = await inspect<number[]>(opened.page, "pairContrasts", [
      ["--limit", "--card"],
      ["--floor", "--layer-heap"],
      ["--layer-heap", "--card"],
    ]);
    for (const ratio of ratios) expect(ratio).toBeGreaterThanOrEqual(3);
    await close(opened);
  });

  it.each([320, 768])("needs no sideways scrolling at %d pixels", async (width) => {
    for (const make of Object.values(samples)) {
      const opened = await open(make(), { viewport: { width, height: 700 } });
      expect(await inspect(opened.page, "beyond")).toEqual({ scroll: 0, wide: [] });
      await close(opened);
    }
  });

  it("is reached by keyboard: the chart reads values, the table opens", async () => {
    const opened = await open(leak());
    const { page } = opened;
    const focused: string[] = [];
    for (let i = 0; i < 12 && focused.at(-1) !== "save"; i++) {
      await page.keyboard.press("Tab");
      focused.push(await inspect<string>(page, "focused"));
      if (focused.at(-1) === "chart") {
        const before = await page.locator("#chart-moment").textContent();
        await page.keyboard.press("Home");
        for (let step = 0; step < 5; step++) await page.keyboard.press("ArrowRight");
        const after = await page.locator("#chart-moment").textContent();
        expect(after).not.toBe(before);
        expect(after).toMatch(/^0:0\d after the start$/);
      }
      if (focused.at(-1) === "summary") await page.keyboard.press("Enter");
    }
    expect(focused.indexOf("chart")).toBe(0);
    expect(focused.indexOf("summary")).toBe(1);
    expect(focused).toContain("save");
    expect(await page.locator("details").getAttribute("open")).not.toBeNull();
    expect(await page.locator("details tbody tr").count()).toBeGreaterThan(10);
    await close(opened);
  });

  it("speaks to a screen reader: headings in order, a described chart, labelled tables", async () => {
    const opened = await open(leak());
    const { page } = opened;
    expect(await page.locator("h1, h2").allTextContents()).toEqual([
      expect.stringContaining("JavaScript objects grow"),
      "Waterline",
      "The culprit",
      "What it is not",
      "What to do",
      "All that grows",
      "Process and limit",
      "How this is known",
    ]);
    expect(await page.locator("#chart").getAttribute("aria-label")).toMatch(
      /^Resident memory over 42\u00a0s: it began at .* was highest at 139\u00a0MB .* The limit is 256\u00a0MB\. After collections the heap went from/,
    );
    expect(await page.locator("th:not([scope])").count()).toBe(0);
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
    await close(opened);
  });

  it("lets no name break out", async () => {
    const opened = await open(hostile());
    const { page } = opened;
    expect(await page.locator("img, main script[src], iframe").count()).toBe(0);
    expect(await page.locator("script").count()).toBe(4);
    expect(await page.locator(".what").textContent()).toContain("</script><img src=x onerror=alert(1)>");
    expect(opened.html).toContain("default-src &#39;none&#39;");
    expect(opened.complaints).toEqual([]);
    await close(opened);
  });

  it("refuses scripts that are not its own", async () => {
    const opened = await open(leak());
    expect(await inspect<boolean>(opened.page, "runsScript")).toBe(false);
    await close(opened);
  });

  it("carries its own data, whole", async () => {
    const { recording, diagnosis } = leak();
    const report = buildReport(recording, diagnosis, { cwd: CWD });
    const opened = await open({ recording, diagnosis });
    const embedded = await opened.page.locator("#plimsoll-report").textContent();
    expect(JSON.parse(embedded ?? "")).toEqual(JSON.parse(JSON.stringify(report)));
    await close(opened);
  });

  it("prints black on white, also from a dark screen", async () => {
    const opened = await open(leak(), { colorScheme: "dark" });
    await opened.page.emulateMedia({ media: "print" });
    expect(await inspect(opened.page, "bodyColors")).toEqual(["rgb(255, 255, 255)", "rgb(0, 0, 0)"]);
    const paper = await opened.page.pdf({ format: "A4", printBackground: true });
    expect(paper.length).toBeGreaterThan(10_000);
    await close(opened);
  });

  it("shows a line and the table even where scripts are off", async () => {
    const { recording, diagnosis } = leak();
    const context = await browser.newContext({ offline: true, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.setContent(renderHtml(buildReport(recording, diagnosis)));
    expect(await page.locator("noscript svg, figure svg.spark").first().isVisible()).toBe(true);
    await page.locator("summary").click();
    expect(await page.locator("details table").isVisible()).toBe(true);
    await context.close();
  });
});
