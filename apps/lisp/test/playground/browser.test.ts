/** The playground in a real Chromium: run, go back, ask, branch, keep over a reload, and open a session that Node.js has saved. */
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Lisp } from "../../src/index.ts";
import { type BuiltPlayground, openPlayground } from "./built-page.ts";

const DEADLINE_MS = 20_000;
const KEPT = /(?<!being )kept on OPFS/;
let playground: BuiltPlayground;
let page: Page;
const failures: string[] = [];

beforeAll(async () => {
  playground = await openPlayground();
  page = await playground.context.newPage();
  page.on("pageerror", ({ message }) => failures.push(message));
  await page.goto(playground.url);
});

afterAll(async () => {
  await playground[Symbol.asyncDispose]();
});

async function eventually(read: () => Promise<string | null>, expected: string | RegExp): Promise<void> {
  await expect.poll(read, { timeout: DEADLINE_MS }).toMatch(expected);
}

const text = (id: string) => (): Promise<string | null> => page.textContent(`#${id}`);

it("runs, goes back to a step, shows what was there, and branches", async () => {
  await eventually(text("memory"), KEPT);
  await page.fill(
    "#text",
    "(define kept (list 1 2))\n(define (count n) (if (= n 0) 0 (+ 1 (count (- n 1)))))\n(display (count 300))",
  );
  await page.click("#run");
  await eventually(text("lines"), /^300$/);
  await page.fill("#number", "500");
  await page.press("#number", "Enter");
  await eventually(text("head"), "in the past");
  await eventually(text("variables"), /n.*kept/s);
  expect(await page.locator("#backdrop mark").textContent()).toMatch(/^\(/);
  await page.click("#back");
  await expect.poll(() => page.inputValue("#number"), { timeout: DEADLINE_MS }).toBe("499");
  await page.locator("tr", { hasText: "kept" }).getByRole("button").click();
  await eventually(() => page.textContent(".why"), "global kept");
  await page.fill("#question", "(cadr kept)");
  await page.press("#question", "Enter");
  await eventually(text("lines"), /lisp> \(cadr kept\)\s2/);
  await expect.poll(() => page.inputValue("#branches"), { timeout: DEADLINE_MS }).not.toBe("main");
  await page.selectOption("#branches", "main");
  await eventually(text("head"), /^of [\d,]+$/);
});

it("keeps the session over a reload", async () => {
  await eventually(text("memory"), KEPT);
  await page.reload();
  await eventually(text("lines"), /300.*cadr/s);
  await eventually(text("variables"), "(1 2)");
  expect(await page.locator("#branches option").count()).toBe(2);
});

it("opens a session that Node.js has saved, with its past", async () => {
  const lisp = new Lisp({ history: true });
  lisp.evaluate(
    '(define greeting "from Node") (define (f n) (if (= n 0) \'end (cons n (f (- n 1))))) (define made (f 100))',
  );
  const bytes = lisp.time?.save() ?? new Uint8Array();
  await page.setInputFiles("#file", {
    name: "node.lisp-session",
    mimeType: "application/octet-stream",
    buffer: Buffer.from(bytes),
  });
  await eventually(text("variables"), "from Node");
  await page.fill("#number", "100");
  await page.press("#number", "Enter");
  await eventually(text("head"), "in the past");
  await eventually(text("frames"), "(cons n (f (- n 1)))");
  await page.click("#clear");
  await eventually(text("variables"), "None yet");
  await eventually(text("memory"), KEPT);
  await page.reload();
  await eventually(text("memory"), KEPT);
  expect(await text("lines")()).toBe("");
  expect(failures).toEqual([]);
  expect(await text("status")()).toBe("");
});
