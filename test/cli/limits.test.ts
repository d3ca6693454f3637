/** `plimsoll limits`: words on stderr, data and settings on stdout and nothing beside them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeFolder, plimsoll, start } from "./plimsoll.ts";

const FLAGS = "--max-old-space-size=337 --max-semi-space-size=16";

describe("limits", () => {
  it("says what applies, every reading, and whether V8 fits", async () => {
    const { code, stdout, stderr } = await plimsoll(["limits"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toContain("V8 heap limit");
    expect(stderr).toContain("memory of the machine");
    expect(stderr).toContain("→");
  });

  it("warns of a heap that the limit cannot hold, with the flags to set", async () => {
    const env = { NODE_OPTIONS: "--max-old-space-size=600" };
    const { stderr } = await plimsoll(["limits", "512mb"], { env });
    expect(stderr).toMatch(/✗ its heap may grow to 648 MB|✗ its heap may grow to 744 MB/);
    expect(stderr).toContain(`NODE_OPTIONS="${FLAGS}"`);
    const fits = await plimsoll(["limits", "512mb"], { env: { NODE_OPTIONS: FLAGS } });
    expect(fits.stderr).toContain("✓ its heap may grow to 385 MB");
  });

  it("gives all of it as JSON", async () => {
    const { stdout, stderr } = await plimsoll(["limits", "512mb", "--json"], { env: { NODE_OPTIONS: FLAGS } });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({
      schema: "plimsoll.limits/1",
      limit: { bytes: 512 * 2 ** 20, source: "as given" },
      heapLimitBytes: 385 * 2 ** 20,
      risk: "none",
      advice: { limitMb: 512, oldSpaceMb: 337, semiSpaceMb: 16, flags: FLAGS.split(" ") },
    });
  });

  it("is for this machine without a size", async () => {
    const { stdout } = await plimsoll(["limits", "--json"]);
    const report = JSON.parse(stdout) as { limit: { bytes: number }; readings: { bounds: string; bytes?: number }[] };
    const bytes = report.readings.flatMap((reading) => (reading.bounds === "process" ? (reading.bytes ?? []) : []));
    expect(report.limit.bytes).toBe(Math.min(...bytes));
    const half = await plimsoll(["limits", "50%", "--json"]);
    expect((JSON.parse(half.stdout) as typeof report).limit.bytes).toBe(Math.floor(report.limit.bytes / 2));
  });
});

describe("limits --write", () => {
  it.each(["docker", "kubernetes", "systemd", "node"])("%s prints the settings alone", async (target) => {
    const { code, stdout, stderr } = await plimsoll(["limits", "512mb", "--write", target]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("337");
    expect(stdout).toContain(FLAGS);
    expect(stdout).not.toContain("\u001b");
    // The reason for every figure goes along, where the format has comments.
    expect(stdout.includes("512 MB limit - 103 MB (20%)")).toBe(target !== "node");
  });

  it("kubernetes gives requests, limits and the flags", async () => {
    const { stdout } = await plimsoll(["limits", "512mb", "--write", "kubernetes"]);
    const settings = stdout
      .split("\n")
      .filter((line) => !line.trim().startsWith("#"))
      .join("\n");
    expect(settings).toBe(`resources:
  requests:
    memory: 512Mi
  limits:
    memory: 512Mi
env:
  - name: NODE_OPTIONS
    value: "${FLAGS}"
`);
  });

  it("systemd puts no comment behind a value, which systemd would take as part of it", async () => {
    const { stdout } = await plimsoll(["limits", "512mb", "--write", "systemd"]);
    const settings = stdout.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(settings).toEqual([
      "[Service]",
      "MemoryHigh=461M",
      "MemoryMax=512M",
      "MemorySwapMax=0",
      `Environment="NODE_OPTIONS=${FLAGS}"`,
    ]);
  });

  it("node writes scripts that start what package.json starts", async () => {
    const cwd = makeFolder();
    writeFileSync(
      join(cwd, "package.json"),
      JSON.stringify({ scripts: { start: "node --enable-source-maps app/main.js" } }),
    );
    writeFileSync(
      join(cwd, "heap.cjs"),
      "console.log(require('node:v8').getHeapStatistics().heap_size_limit / 2 ** 20)",
    );
    const { stdout } = await plimsoll(["limits", "512mb", "--write", "node"], { cwd });
    const { scripts } = JSON.parse(stdout) as { scripts: Record<string, string> };
    expect(Object.keys(scripts)).toEqual(["start", "start:debug", "start:low-memory"]);
    const heaps = await Promise.all(
      Object.values(scripts).map(async (script) => {
        expect(script).toMatch(/^node .* app\/main\.js$/);
        const command = script
          .replace("app/main.js", "heap.cjs")
          .replace("--inspect", "--inspect=127.0.0.1:0")
          .split(" ");
        return Number((await start([process.execPath, ...command.slice(1)], { cwd })).stdout);
      }),
    );
    expect(heaps).toEqual([385, 385, 172]);
  });
});
