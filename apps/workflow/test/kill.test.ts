/**
 * Runs that are killed with SIGKILL and go on: no finished node runs again, and what comes out is what would have come out. A node has
 * finished when the next one has begun, or when its item was taken in.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";

const PROGRAM = join(import.meta.dirname, "fixtures/kill-program.ts");
const DEADLINE_MS = 30_000;
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "workflow-kill-"));
  folders.push(folder);
  return folder;
}

function linesOf(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
}

/** Runs the program, and kills it once it has noted so many lines. */
async function runUntil(
  folder: string,
  lines: number,
): Promise<{ signal: string | null; stdout: string; stderr: string }> {
  const notes = join(folder, "notes");
  const child = spawn(process.execPath, ["--import", "tsx", PROGRAM, join(folder, "checkpoints"), "run", notes], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const watch = setInterval(() => {
    if (linesOf(notes).length >= lines) child.kill("SIGKILL");
  }, 1);
  const [, signal] = (await once(child, "close")) as [number | null, string | null];
  clearInterval(watch);
  return { signal, stdout, stderr };
}

/** Nodes that have run although they had finished before. */
function repeated(lines: readonly string[]): string[] {
  const finished = new Set<string>();
  return lines.filter((line) => {
    const [what, name = ""] = line.split(" ");
    const again = what === "ran" && finished.has(name);
    const item = /^items\[\d+\]/.exec(name)?.[0];
    const round = /^rounds#(\d+)/.exec(name)?.[1];
    if (item) finished.add("before");
    if (name.endsWith("/measure")) finished.add(`${item}/fetch`);
    if (what === "took") finished.add(`${item}/measure`).add(`${item}/fetch`);
    if (round) finished.add(`rounds#${Number(round) - 1}/add`);
    return again;
  });
}

describe("a run that is killed", () => {
  it("goes on, and repeats no finished node", { timeout: 120_000 }, async () => {
    const folder = newFolder();
    const notes = join(folder, "notes");
    let kills = 0;
    for (const step of [2, 17, 31, 40, 25]) {
      const { signal, stderr } = await runUntil(folder, linesOf(notes).length + step);
      expect(stderr).toBe("");
      if (signal === "SIGKILL") kills++;
    }
    const { signal, stdout, stderr } = await runUntil(folder, Number.POSITIVE_INFINITY);
    expect({ signal, stderr }).toEqual({ signal: null, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ output: { sum: 1_003_000, rounds: 15, size: 200_000, lengths: 40 } });
    expect(kills).toBeGreaterThanOrEqual(4);
    expect(repeated(linesOf(notes))).toEqual([]);
    // Nothing of it is left but its output and its session.
    const left = readdirSync(join(folder, "checkpoints", "values"));
    expect(left.map((name) => name.split("-")[0])).toEqual(["session"]);
  });

  it("would be caught by this test if it repeated one", () => {
    expect(repeated(["ran before", "ran items[0]/fetch", "ran items[0]/measure", "ran items[0]/fetch"])).toHaveLength(
      1,
    );
    expect(repeated(["ran items[1]/measure", "took items[1]", "ran items[1]/measure"])).toHaveLength(1);
    expect(repeated(["ran rounds#1/add", "ran rounds#2/add", "ran rounds#1/add"])).toHaveLength(1);
    expect(repeated(["ran items[0]/fetch", "ran items[0]/fetch"])).toEqual([]);
  });
});
