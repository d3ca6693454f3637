/** The watcher against programs that misbehave: floods, nonsense, many children; and its own bounds. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import type { Clock } from "../../../src/base/clock.ts";
import { RemoteWatch } from "../../../src/monitor/remote/remote-watch.ts";

// The tests watch their own process, which outlives the watch, so the preload stays.
const directory = mkdtempSync(join(tmpdir(), "watch-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** A clock that a test moves by hand. */
function makeClock(): Clock & { advance(ms: number): void } {
  let nowMs = 1_000_000;
  const tasks = new Set<() => void>();
  return {
    now: () => nowMs,
    every(_, task) {
      tasks.add(task);
      return { [Symbol.dispose]: () => void tasks.delete(task) };
    },
    advance(ms) {
      nowMs += ms;
      for (const task of tasks) task();
    },
  };
}

function open(clock: Clock, allowProfiles = true): Promise<RemoteWatch> {
  const directories = [directory];
  return RemoteWatch.open({
    command: "node x",
    limit: { bytes: null, source: "none" },
    clock,
    allowProfiles,
    directories,
  });
}

const socketOf = (watch: RemoteWatch): string => watch.environment({})["PLIMSOLL_SOCKET"] ?? "";

function hello(threadId: number, timeMs: number): string {
  const about = { pid: process.pid, parentPid: process.ppid, node: "20.0.0", heapLimitBytes: 1e9, script: "x.js" };
  return `${JSON.stringify({ type: "hello", ...about, threadId, timeMs, preloadMs: 1 })}\n`;
}

function sample(timeMs: number, heapUsedBytes = 10e6): string {
  const sizes = { rssBytes: 50e6, heapUsedBytes, heapTotalBytes: 20e6, externalBytes: 1, arrayBuffersBytes: 1 };
  return `${JSON.stringify({ type: "sample", timeMs, ...sizes, mallocedBytes: 1, requests: 0, cpuMs: 5, ownCpuMs: 2 })}\n`;
}

/** Waits, at most 5 s, until something holds. */
async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !holds(); tries += 1) await sleep(10);
  expect(holds()).toBe(true);
}

describe("RemoteWatch", () => {
  it("records in bounded memory however much is sent, and drops nonsense", async () => {
    const clock = makeClock();
    await using watch = await open(clock);
    watch.attachRoot(process.pid);
    const socket = connect(socketOf(watch));
    socket.write(`nonsense\n${hello(0, clock.now())}{"type":"sample"}\n[]\n`);
    for (let index = 1; index <= 20_000; index += 1) {
      const chunk = sample(clock.now() + index);
      const cut = index % chunk.length;
      socket.write(chunk.slice(0, cut));
      if (!socket.write(chunk.slice(cut))) await once(socket, "drain");
    }
    const [thread] = watch.recording.processes[0]?.threads ?? [];
    await until(
      () => (thread ?? watch.recording.processes[0]?.threads[0])?.samples.at(-1)?.timeMs === clock.now() + 20_000,
    );
    const recorded = watch.recording.processes[0]?.threads[0];
    expect(recorded?.samples.length).toBeLessThanOrEqual(1200);
    expect(recorded?.samples[0]?.timeMs).toBe(clock.now() + 1);
    expect(recorded?.troubles).toEqual([]);
    socket.destroy();
  });

  it("hangs up on a line without end, and on nobody else", async () => {
    const clock = makeClock();
    await using watch = await open(clock);
    watch.attachRoot(process.pid);
    const bad = connect(socketOf(watch)).on("error", () => undefined);
    const good = connect(socketOf(watch));
    const closed = new Promise((resolve) => bad.once("close", resolve));
    const chunk = "x".repeat(1 << 20);
    for (let index = 0; index < 12 && !bad.destroyed; index += 1) bad.write(chunk);
    await closed;
    good.write(hello(0, clock.now()) + sample(clock.now()));
    await until(() => (watch.recording.processes[0]?.threads[0]?.samples.length ?? 0) === 1);
    good.destroy();
  });

  it("asks for profiles by its schedule, unless that is not allowed", async () => {
    for (const allowed of [true, false]) {
      const clock = makeClock();
      await using watch = await open(clock, allowed);
      watch.attachRoot(process.pid);
      const socket = connect(socketOf(watch)).setEncoding("utf8");
      let heard = "";
      socket.on("data", (text: string) => (heard += text));
      socket.write(hello(0, clock.now()) + sample(clock.now()));
      await until(() => (watch.recording.processes[0]?.threads[0]?.samples.length ?? 0) === 1);
      clock.advance(1000);
      clock.advance(2500);
      await sleep(50);
      expect(heard).toBe(allowed ? '{"type":"profile"}\n' : "");
      expect(watch.environment({})["PLIMSOLL_PROFILES"]).toBe(allowed ? undefined : "off");
      socket.destroy();
    }
  });

  it("tells listeners of changes, and counts what watching cost", async () => {
    const clock = makeClock();
    await using watch = await open(clock);
    watch.attachRoot(process.pid);
    let updates = 0;
    const listening = watch.onUpdate(() => (updates += 1));
    const socket = connect(socketOf(watch));
    socket.write(hello(3, clock.now()) + sample(clock.now()));
    await until(() => (watch.recording.processes[0]?.threads[0]?.samples.length ?? 0) === 1);
    clock.advance(500);
    expect(updates).toBe(1);
    listening[Symbol.dispose]();
    clock.advance(500);
    expect(updates).toBe(1);
    expect(watch.recording.own.inTargetCpuMs).toBe(2);
    expect(watch.recording.own.rssBytes).toBeGreaterThan(10e6);
    socket.destroy();
    await until(() => watch.recording.processes[0]?.threads[0]?.endedAtMs !== undefined);
    clock.advance(500);
    expect(watch.recording.own.inTargetCpuMs).toBe(2);
  });

  it("lists what never answers as unobserved after 2 s, and dates its end", async () => {
    const clock = makeClock();
    await using watch = await open(clock);
    const script = "sleep 30 & echo ready; wait";
    const child = spawn("sh", ["-c", script], { stdio: ["ignore", "pipe", "ignore"], detached: true, timeout: 30_000 });
    try {
      watch.attachRoot(child.pid ?? 0);
      await once(child.stdout, "data");
      clock.advance(500);
      expect(watch.recording.processes).toHaveLength(1);
      // Until the shell's child has become `sleep`.
      await sleep(100);
      clock.advance(2500);
      expect(watch.recording.processes.map(({ name, observed }) => ({ name, observed }))).toEqual([
        { name: "sh", observed: false },
        { name: "sleep", observed: false },
      ]);
      expect(watch.recording.processes[1]?.peakRssBytes).toBeGreaterThan(100e3);
      expect(watch.recording.processes[1]?.resident).toHaveLength(2);
    } finally {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }
    await once(child, "close");
    await watch.settle(1000);
    expect(watch.recording.processes.every(({ endedAtMs }) => endedAtMs !== undefined)).toBe(true);
    expect(watch.recording.endedAtMs).toBe(clock.now());
  });
});
