/**
 * The demo as a newcomer runs it: `npm run demo` ends by itself, and the report that it names holds
 * the verdict, the function and the line that are true.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Report } from "../src/diagnose/report/report.ts";
import { runWell } from "./support/processes.ts";

const ROOT = join(import.meta.dirname, "..");
const SERVER = join("examples", "demo", "server.js");

it("npm run demo finds the leak, its function and its line, and ends", () => {
  const output = runWell("npm", ["run", "--silent", "demo"], { cwd: ROOT, deadlineMs: 120_000 });
  const html = join(ROOT, /The report: (.*\.html)/.exec(output)?.[1] ?? "");
  expect(existsSync(html)).toBe(true);
  expect(statSync(html).size).toBeLessThanOrEqual(500 * 1024);

  const report = JSON.parse(readFileSync(html.replace(/html$/, "json"), "utf8")) as Pick<Report, "growth">;
  const source = readFileSync(join(ROOT, SERVER), "utf8").split("\n");
  const line = source.findIndex((text) => text.includes("function login")) + 1;
  expect(report).toMatchObject({
    schema: "plimsoll.report/1",
    verdict: { kind: "js-heap", leak: true },
    exit: { code: 0, signal: null },
  });
  expect(report.growth[0]).toMatchObject({
    kind: "js-heap",
    holder: "Map sessions in server.js",
    where: { function: "login", line },
  });
  expect(report.growth[0]?.where?.file).toContain("server.js");
});
