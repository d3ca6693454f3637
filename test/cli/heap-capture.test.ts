/** Heap snapshots of running programs: on request, near the limit, and what happens when one cannot be taken. */
import { type ChildProcess, fork } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Report, ReportTrial } from "../../src/diagnose/report/report.ts";
import { availableNodes } from "../support/nodes.ts";
import { makeFolder, plainEnvironment, plimsoll, PROGRAMS } from "./plimsoll.ts";

const HOLD = join(PROGRAMS, "hold.mjs");
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

async function begin(megabytes: number, execPath = process.execPath): Promise<{ pid: number; child: ChildProcess }> {
  const child = fork(HOLD, [String(megabytes), "30000"], {
    execPath,
    execArgv: [],
    env: plainEnvironment(),
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  children.push(child);
  await new Promise((resolve, reject) => child.once("message", resolve).once("error", reject));
  return { pid: child.pid ?? 0, child };
}

function readTrials(folder: string): readonly ReportTrial[] {
  const report = JSON.parse(readFileSync(join(folder, "report", "report.json"), "utf8")) as Report;
  return (report.trials ?? []).filter(({ name }) => name === "heap-snapshot");
}

const snapshotsIn = (folder: string): string[] => readdirSync(folder).filter((name) => name.includes("heapsnapshot"));

describe("plimsoll heap capture", () => {
  it.each(availableNodes())("captures a program that runs already and goes on, on Node $version", async ({ path }) => {
    const cwd = makeFolder();
    const { pid, child } = await begin(1, path);
    const { code, stdout, stderr } = await plimsoll(["heap", "capture", String(pid), "-o", "a.heapsnapshot"], { cwd });
    expect(stderr).toMatch(
      /capturing the heap of pid \d+: about [\d,]+ objects, at most [\d.]+ [MG]B more memory and [\d.]+ s of pause/,
    );
    expect(stderr).toMatch(/heap snapshot: .*a\.heapsnapshot; open it with `plimsoll heap .*a\.heapsnapshot`/);
    expect([code, stdout]).toEqual([0, ""]);
    const file = join(cwd, "a.heapsnapshot");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(JSON.parse(readFileSync(file, "utf8"))).toHaveProperty("snapshot.node_count");
    expect(child.exitCode ?? child.signalCode).toBe(null);
  });

  it("stops nothing for longer than was allowed, and says what would be needed", async () => {
    const cwd = makeFolder();
    const { pid } = await begin(1);
    const { code, stderr } = await plimsoll(["heap", "capture", String(pid), "--max-pause", "1ms"], { cwd });
    expect(code).toBe(70);
    expect(stderr).toMatch(/may stop the program for [\d.]+ s, more than the 0\.0 s that were allowed/);
    expect(stderr).toMatch(new RegExp(`try: plimsoll heap capture ${pid} --max-pause [\\d.]+s`));
    expect(snapshotsIn(cwd)).toEqual([]);
  });

  it("leaves no part of a file when the program dies of it", async () => {
    const cwd = makeFolder();
    const { pid, child } = await begin(20);
    using _ = killOnFirstFile(cwd, child);
    const { code, stderr } = await plimsoll(["heap", "capture", String(pid), "-o", "a.heapsnapshot"], { cwd });
    expect(stderr).toContain("The capture failed, and what was written");
    expect(code).toBe(70);
    expect(snapshotsIn(cwd)).toEqual([]);
  });

  it("asks the plimsoll that watches already", async () => {
    const cwd = makeFolder();
    let asked: ReturnType<typeof plimsoll> | undefined;
    const onStderr = (_: ChildProcess, text: string): void => {
      const pid = /watching .* pid (\d+)/.exec(text)?.[1];
      if (pid === undefined || !text.includes("ready")) return;
      asked ??= plimsoll(["heap", "capture", pid, "-o", "a.heapsnapshot", "--json"], { cwd });
    };
    const args = ["run", "--report-dir", "report", "--", process.execPath, HOLD, "1", "3500"];
    const { stdout } = await plimsoll(args, { cwd, onStderr });
    expect(stdout).toBe("held 100\n");
    const answer = await asked;
    expect(JSON.parse(answer?.stdout ?? "")).toMatchObject({ file: join(cwd, "a.heapsnapshot") });
    expect(existsSync(join(cwd, "a.heapsnapshot"))).toBe(true);
    expect(readTrials(cwd)).toHaveLength(1);
  });
});

describe("plimsoll run near the limit of V8's heap", () => {
  const run = async (...options: string[]): Promise<string> => {
    const cwd = makeFolder();
    const program = [process.execPath, "--max-old-space-size=120", HOLD, "98", "4000"];
    const { code, stdout } = await plimsoll(["run", "--report-dir", "report", ...options, "--", ...program], { cwd });
    expect([code, stdout]).toEqual([0, "held 9800\n"]);
    return cwd;
  };

  it("captures once, and the report names the file", async () => {
    const cwd = await run();
    const [file, ...more] = snapshotsIn(join(cwd, "report"));
    expect(more).toEqual([]);
    const [trial] = readTrials(cwd);
    expect(trial?.sentence).toContain(`report/${file}; open it with`);
    expect(readFileSync(join(cwd, "report", "report.html"), "utf8")).toContain(file);
  });

  it("captures nothing where that was declined", async () => {
    const cwd = await run("--no-heap-snapshot");
    expect(snapshotsIn(join(cwd, "report"))).toEqual([]);
    expect(readTrials(cwd)).toEqual([]);
  });
});

/** V8 has built the snapshot and begins to write it when the file appears. */
function killOnFirstFile(folder: string, child: ChildProcess): Disposable {
  const watcher = watch(folder, () => child.kill("SIGKILL"));
  return { [Symbol.dispose]: () => watcher.close() };
}
