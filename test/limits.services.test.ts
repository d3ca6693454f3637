/**
 * Real memory cgroups (version 1 or 2): the limit is found from inside, and a program that the kernel
 * kills at it leaves a report that says so. Needs root, or a cgroup that this user may divide.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Report } from "../src/diagnose/report/report.ts";
import { MemoryCgroup } from "./support/memory-cgroup.ts";
import { type Outcome, run } from "./support/processes.ts";

const CLI = join(import.meta.dirname, "..", "dist", "cli", "main.js");
const LIMIT_BYTES = 200 * 2 ** 20;

let folder: string;
let cgroup: MemoryCgroup;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plimsoll-limits-"));
  cgroup = new MemoryCgroup("plimsoll-limits", LIMIT_BYTES);
});

afterEach(() => {
  cgroup[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs `plimsoll` with these arguments inside the cgroup. */
function plimsollInside(...args: string[]): Outcome {
  const [shell, ...rest] = cgroup.enter(process.execPath, CLI, ...args);
  return run(shell, rest, { cwd: folder, deadlineMs: 60_000 });
}

it("plimsoll limits names the cgroup's limit", () => {
  const { stdout, status } = plimsollInside("limits", "--json");
  expect(status).toBe(0);
  expect(stdout).toContain(String(LIMIT_BYTES));
  expect(stdout).toContain(cgroup.path);
});

it("plimsoll run reports a program that the kernel killed at its limit", () => {
  const leak = "const kept = []; setInterval(() => kept.push(Buffer.alloc(2 ** 21, 1)), 20);";
  const { status, signal } = plimsollInside("run", "--report-dir", "report", "--", process.execPath, "-e", leak);
  expect(signal ?? status).toBe("SIGKILL");
  const report = JSON.parse(readFileSync(join(folder, "report", "report.json"), "utf8")) as Report;
  expect(report.limit.bytes).toBe(LIMIT_BYTES);
  expect(report.exit).toMatchObject({ code: null, signal: "SIGKILL" });
  expect(report.exit.cause).toMatch(/limit|memory/i);
  expect(report.peak.rssBytes).toBeGreaterThan(LIMIT_BYTES / 2);
});
