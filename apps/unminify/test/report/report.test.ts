/**
 * The report of a run: what it says of names and modules, and that it stands by itself on a desk and on a phone.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "../../../../test/support/browser.ts";
import { layOut } from "../../src/report/treemap.ts";
import { digest, type ReportDigest } from "../../src/report/digest.ts";
import { reportPage } from "../../src/report/report-page.ts";
import { unminify } from "../../src/unminify.ts";

const folder = mkdtempSync(join(tmpdir(), "unminify-report-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const BODY = "var a={size:1},b=a.size,c=b+1;return function(e){return e.shape+c};".repeat(4);
const WEBPACK = `!function(e){var t={};function n(r){return t[r]||(t[r]={exports:{}},e[r].call(0,t[r],t[r].exports,n)),t[r].exports}n(12)}({${[
  12, 34, 56,
]
  .map((id) => `${id}:function(e,t,n){${BODY}}`)
  .join()}});`;
const LISTED = `!function(e){e[0]()}([${"function(e,t,n){var a={size:1};t.size=a.size},".repeat(5)}]);`;
const BROWSERIFY = `(function(t,n,r){})({${[1, 2, 3]
  .map((id) => `${id}:[function(e,t,n){${BODY}},{"./<b>":2}]`)
  .join()}},{},[1]);`;
const HOISTED = `(function(){${["a", "b", "c"].map((name) => `function ${name}(e){${BODY}}`).join("")}})();`;

async function report(text: string): Promise<{ page: string; digested: ReportDigest | undefined }> {
  const input = join(folder, "in.js");
  writeFileSync(input, text);
  let digested: ReportDigest | undefined;
  const result = await unminify(input, join(folder, "out.js"), {
    onNamed: (...decided) => void (digested = digest(...decided)),
  });
  return { page: digested ? reportPage({ result, digest: digested }) : "", digested };
}

describe("the modules of a bundle", () => {
  it.each([
    ["webpack's by key", WEBPACK, "webpack", 3],
    ["webpack's by index", LISTED, "webpack", 5],
    ["Browserify's", BROWSERIFY, "Browserify", 3],
    ["hoisted into one scope", HOISTED, undefined, 3],
    [
      "a table of methods",
      `(function(){var t={a:function(e){${BODY}},b:function(e){${BODY}},c:function(e){${BODY}}};return t})()`,
      undefined,
      3,
    ],
  ])("%s", async (_what, text, kind, count) => {
    const { digested } = await report(text);
    expect(digested?.division).toMatchObject({ kind, count });
  });

  it("are told by the key that the bundle has", async () => {
    const { digested } = await report(WEBPACK);
    expect(digested?.division.parts.map(({ label }) => label).sort()).toEqual(["12", "34", "56"]);
  });
});

it("fills the treemap with boxes in proportion, none over another", () => {
  const values = [50, 20, 10, 10, 5, 3, 1, 1];
  const boxes = layOut(values);
  const whole = 960 * 480;
  for (const [index, { width, height }] of boxes.entries())
    expect((width * height) / whole).toBeCloseTo((values[index] ?? 0) / 100, 6);
  const overlaps = boxes.flatMap((one, at) =>
    boxes
      .slice(at + 1)
      .filter(
        (other) =>
          Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x) > 1e-6 &&
          Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y) > 1e-6,
      ),
  );
  expect(overlaps).toEqual([]);
});

describe("the page", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(() => browser.close());

  it.each([1280, 400])("fits %i pixels, with every sentence", async (width) => {
    const { page } = await report(WEBPACK);
    expect(page.length).toBeLessThan(500_000);
    expect(page).not.toMatch(/<script|https?:|<b>/);
    const tab = await browser.newPage({ viewport: { width, height: 800 } });
    await tab.setContent(page);
    const overflow = await tab.evaluate("document.documentElement.scrollWidth - innerWidth");
    expect(overflow).toBeLessThanOrEqual(0);
    const text = await tab.innerText("main");
    expect(text).toMatch(/names are new.*nothing but names differs.*webpack bundle of 3 modules.*verify/s);
    expect(await tab.locator(".treemap svg").count()).toBe(3);
    await tab.close();
  });
});

it("is written by --report, for nobody else to read", () => {
  const input = join(folder, "command.js");
  const page = join(folder, "report.html");
  writeFileSync(input, WEBPACK);
  const command = join(import.meta.dirname, "../../dist/command/main.js");
  const told = spawnSync(process.execPath, [command, input, "--report", page], { encoding: "utf8", timeout: 20_000 });
  expect(told.stderr).toContain("a webpack bundle of 3 modules");
  expect(readFileSync(page, "utf8")).toContain("webpack bundle of 3 modules");
});
