/**
 * The examples of other libraries with a gate of memory, as they are shown: in a small heap each ends well with the gate, and
 * dies without it. Those that need a server are in servers.services.test.ts.
 */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run, runWell } from "../../support/processes.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const FLAGS = ["--max-old-space-size=96", "--import", "tsx"];

const options = { cwd: ROOT, deadlineMs: 30_000 };

describe.each(["p-limit", "p-queue", "web-streams"])("%s", (name) => {
  const program = [...FLAGS, join(ROOT, "examples", "budget", `${name}.ts`)];

  it("dies of memory with a fixed number", () => {
    const { status, stderr } = run(process.execPath, [...program, "--unguarded"], options);
    expect(stderr).toMatch(/heap out of memory/);
    expect(status).not.toBe(0);
  });

  it("ends well with the gate", () => {
    expect(runWell(process.execPath, program, options)).toBe("200 photos decoded\n");
  });
});

it("piscina keeps its threads within the process's limit, which they exceed without the gate", () => {
  const program = ["--import", "tsx", join(ROOT, "examples", "budget", "piscina.ts")];
  const peakMb = (said: string): number => Number(/^40 photos decoded, (\d+) MB at most$/m.exec(said)?.[1]);
  expect(peakMb(runWell(process.execPath, [...program, "--unguarded"], options))).toBeGreaterThan(400);
  expect(peakMb(runWell(process.execPath, program, options))).toBeLessThanOrEqual(400);
});
