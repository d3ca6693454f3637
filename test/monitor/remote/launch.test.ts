/** Starting, signals and ends of the watched command. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { launch } from "../../../src/monitor/remote/launch.ts";

const directory = mkdtempSync(join(tmpdir(), "launch-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const env = { PATH: process.env["PATH"] };

describe("launch", () => {
  it.each([
    ["process.exit(0)", { code: 0, signal: null }],
    ["process.exit(3)", { code: 3, signal: null }],
    ["process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 1000)", { code: null, signal: "SIGTERM" }],
    ["process.kill(process.pid, 'SIGKILL'); setTimeout(() => {}, 1000)", { code: null, signal: "SIGKILL" }],
    ["process.abort()", { code: null, signal: "SIGABRT" }],
  ])("tells how %s ended", async (text, expected) => {
    const { exited, pid } = await launch([process.execPath, "-e", text], { env, stdio: "ignore" });
    expect(pid).toBeGreaterThan(0);
    expect(await exited).toEqual(expected);
  });

  it("says why a command does not start", async () => {
    const failure = (reason: string): object =>
      expect.objectContaining({ code: "ERR_PLIMSOLL_START_FAILED", details: expect.objectContaining({ reason }) });
    await expect(launch([join(directory, "missing")], { env })).rejects.toEqual(failure("not-found"));
    await expect(launch([""], { env })).rejects.toEqual(failure("not-executable"));
    const file = join(directory, "plain.txt");
    writeFileSync(file, "text", { mode: 0o644 });
    await expect(launch([file], { env })).rejects.toEqual(failure("not-executable"));
  });
});

/** Runs `launch` in a process of its own, which shall be signalled. */
const WATCHER = `
  import { launch } from ${JSON.stringify(new URL("../../../dist/monitor/remote/launch.js", import.meta.url).href)};
  const child = "let heard = []; for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2']) process.on(name, () => { heard.push(name); console.log('heard', name); if (name === 'SIGTERM') process.exit(heard.length); }); console.log('ready'); setTimeout(() => {}, 20000);";
  const launched = await launch([process.execPath, "-e", child], { env: process.env });
  console.log("pid", launched.pid);
  launched.forwardSignals();
  console.log("ended", JSON.stringify(await launched.exited));`;

function startWatcher() {
  const file = join(directory, "watcher.mjs");
  writeFileSync(file, WATCHER);
  const watcher = spawn(process.execPath, [file], {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: 30_000,
    killSignal: "SIGKILL",
    // Away from a terminal that the tests may run on.
    detached: true,
  });
  let said = "";
  watcher.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const until = async (text: string): Promise<string> => {
    for (let tries = 0; tries < 1000 && !said.includes(text); tries += 1) await sleep(20);
    expect(said).toContain(text);
    return said;
  };
  return { watcher, until };
}

describe("forwardSignals", () => {
  it("passes signals on, twice the same one too, and lives until the command has ended", async () => {
    const { watcher, until } = startWatcher();
    await until("ready");
    await until("pid");
    for (const signal of ["SIGINT", "SIGHUP", "SIGUSR2"] as const) {
      watcher.kill(signal);
      await until(`heard ${signal}`);
    }
    watcher.kill("SIGINT");
    await until("heard SIGUSR2\nheard SIGINT");
    watcher.kill("SIGTERM");
    const [code] = await once(watcher, "close");
    expect(await until("ended")).toContain('ended {"code":5,"signal":null}');
    expect(code).toBe(0);
  });

  it("leaves the command running when the watcher is killed", async () => {
    const { watcher, until } = startWatcher();
    await until("ready");
    const pid = Number(/pid (\d+)/.exec(await until("pid "))?.[1]);
    watcher.kill("SIGKILL");
    await once(watcher, "exit");
    expect(process.kill(pid, 0)).toBe(true);
    process.kill(pid, "SIGTERM");
    await until("heard SIGTERM");
  });
});
