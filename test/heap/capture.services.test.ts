/**
 * Captures in a real memory cgroup, near its limit: Node's own writeHeapSnapshot is killed by the kernel and leaves no
 * usable file; ours is refused, and the program lives. With room enough the same capture succeeds in the same cgroup.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryCgroup } from "../support/memory-cgroup.ts";
import { availableNodes } from "../support/nodes.ts";
import { type Outcome, run } from "../support/processes.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const HEAP = join(ROOT, "dist", "heap");
const CLI = join(ROOT, "dist", "cli", "main.js");
const PROGRAM = join(import.meta.dirname, "fixtures", "near-limit.mjs");
const LIMIT_BYTES = 400 * 2 ** 20;
const ENTRIES = 300_000;

let folder: string;
let cgroup: MemoryCgroup;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plimsoll-capture-"));
  cgroup = new MemoryCgroup("plimsoll-capture", LIMIT_BYTES);
});

afterEach(() => {
  cgroup[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

function runInside(program: string, ...args: string[]): Outcome {
  const [shell, ...rest] = cgroup.enter(program, ...args);
  return run(shell, rest, { cwd: folder, deadlineMs: 90_000 });
}

describe.each(availableNodes())("a heap near the limit, on Node $version", ({ path }) => {
  const file = (): string => join(folder, "near.heapsnapshot");

  it("is the end of a program that captures unguarded", () => {
    const { signal, stdout } = runInside(path, PROGRAM, HEAP, String(ENTRIES), file(), "bare");
    expect(stdout).toBe("capturing\n");
    expect(signal).toBe("SIGKILL");
    expect(cgroup.countKills()).toBe(1);
    expect(existsSync(file()) ? statSync(file()).size : 0).toBe(0);
  });

  it("is not captured by ours, which says why, and the program lives", () => {
    const { status, stdout } = runInside(path, PROGRAM, HEAP, String(ENTRIES), file(), "guarded");
    const [first = "", last] = stdout.split("\n");
    const refusal = JSON.parse(first) as { code: string; details: Record<string, unknown> };
    expect(refusal).toMatchObject({ code: "ERR_PLIMSOLL_CAPTURE_REFUSED", details: { reason: "memory" } });
    expect(refusal.details["source"]).toContain(cgroup.path);
    expect(last).toBe(`alive with ${ENTRIES}`);
    expect(status).toBe(0);
    expect(cgroup.countKills()).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is captured where it fits", () => {
    const { status, stdout } = runInside(path, PROGRAM, HEAP, "20000", file(), "guarded");
    expect(status).toBe(0);
    expect(JSON.parse(stdout.split("\n")[0] ?? "")).toMatchObject({ file: file(), fileBytes: statSync(file()).size });
    expect(cgroup.countKills()).toBe(0);
  });
});

it("plimsoll run captures nothing that does not fit, and says so in the report", () => {
  const program = `const m = new Map(); for (let i = 0; i < ${ENTRIES * 6}; i++) m.set("k" + i, { i, at: i * 1.5 }); setTimeout(() => console.log("alive", m.size), 9_000);`;
  const { status, stdout } = runInside(
    process.execPath,
    CLI,
    "run",
    "--report-dir",
    "report",
    "--",
    process.execPath,
    "-e",
    program,
  );
  expect(stdout).toContain(`alive ${ENTRIES * 6}`);
  expect(status).toBe(0);
  expect(cgroup.countKills()).toBe(0);
  const report = JSON.parse(readFileSync(join(folder, "report", "report.json"), "utf8")) as {
    trials?: { name: string; sentence: string }[];
  };
  const told = report.trials?.find(({ name }) => name === "heap-snapshot");
  expect(told?.sentence).toMatch(/may take [\d.]+ [MG]B more, but only/);
  expect(readdirSync(join(folder, "report")).filter((name) => name.includes("heapsnapshot"))).toEqual([]);
});
