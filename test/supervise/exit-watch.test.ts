/** The watch over ends, on file trees that tests change and a clock that they move. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { recoverExit } from "../../src/supervise/exit-report.ts";
import { ExitWatch } from "../../src/supervise/exit-watch.ts";
import type { Recording } from "../../src/monitor/remote/recording.ts";
import { FakeClock, MB } from "../monitor/fake-clock.ts";
import { type FixtureRoot, makeRoot } from "../probe/support/fixture-root.ts";
import { buildProcess, buildRecording } from "../diagnose/recording-builder.ts";

const GROUP = "sys/fs/cgroup/memory/app";

class Machine implements Disposable {
  readonly #fixture: FixtureRoot = makeRoot({
    "proc/self/mountinfo": "31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
    "proc/self/cgroup": "4:memory:/\n",
    "proc/self/statm": "3000 1000 0 0 0 0 0\n",
    "proc/self/status": "VmRSS:\t    4000 kB\n",
    "proc/uptime": "100.00 50.00\n",
    "proc/vmstat": "oom_kill 0\n",
  });
  readonly root = this.#fixture.root;

  constructor() {
    this.kills(0);
    this.#write(`${GROUP}/memory.limit_in_bytes`, `${256 * MB}\n`);
    this.#write(`${GROUP}/memory.usage_in_bytes`, "1\n");
    this.#write(`${GROUP}/memory.max_usage_in_bytes`, `${256 * MB}\n`);
  }

  kills(count: number): void {
    this.#write(`${GROUP}/memory.oom_control`, `oom_kill_disable 0\nunder_oom 0\noom_kill ${count}\n`);
    this.#write(`${GROUP}/memory.failcnt`, `${count * 5}\n`);
  }

  resident(pid: number, megabytes: number): void {
    const pages = (megabytes * MB) / 4096;
    this.#write(`proc/${pid}/cgroup`, "4:memory:/app\n");
    this.#write(`proc/${pid}/statm`, `${pages * 3} ${pages} 0 0 0 0 0\n`);
    this.#write(`proc/${pid}/stat`, `${pid} (node) S 1 ${"0 ".repeat(17)}9000 0\n`);
  }

  /** Ended, and not yet waited for. */
  end(pid: number): void {
    this.#write(`proc/${pid}/statm`, "0 0 0 0 0 0 0\n");
    this.#write(`proc/${pid}/stat`, `${pid} (node) Z 1 ${"0 ".repeat(17)}9000 0\n`);
  }

  #write(path: string, text: string): void {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

function record(...pids: number[]): Recording {
  const recording = buildRecording(...pids.map((pid) => buildProcess(pid, { seconds: 1 })));
  recording.limit = { bytes: 4096 * MB, source: "memory of the machine" };
  return recording;
}

describe("ExitWatch", () => {
  it("keeps the newest reading, the peak, and the limit of the cgroup that the command has entered", () => {
    using machine = new Machine();
    const clock = new FakeClock();
    machine.resident(50, 200);
    const recording = record(50);
    using watch = new ExitWatch(recording, { root: machine.root, clock });
    machine.resident(50, 251);
    clock.advance(50);
    machine.resident(50, 240);
    clock.advance(50);
    const [root] = recording.processes;
    expect(root?.lastReading).toEqual({ timeMs: clock.now(), rssBytes: 240 * MB });
    expect(root?.peakRssBytes).toBe(251 * MB);
    expect(recording.limit).toEqual({ bytes: 256 * MB, source: expect.stringContaining("/app") });
    watch.conclude({ code: 0, signal: null });
    expect(clock.timers).toBe(0);
  });

  it("compares the counters around the end of the command", () => {
    using machine = new Machine();
    const clock = new FakeClock();
    machine.resident(50, 250);
    const recording = record(50);
    using watch = new ExitWatch(recording, { root: machine.root, clock });
    clock.advance(500);
    machine.kills(1);
    machine.end(50);
    watch.conclude({ code: null, signal: "SIGKILL" });
    const { before, after } = recording.processes[0]?.oom ?? {};
    expect([before, after].map((account) => account?.groups[0]?.kills)).toEqual([0, 1]);
    expect(recording.exit).toEqual({ code: null, signal: "SIGKILL" });
  });

  it("charges a kill to the child that ended then, and not to the command that ends later", () => {
    using machine = new Machine();
    const clock = new FakeClock();
    for (const pid of [50, 51]) machine.resident(pid, 100);
    const recording = record(50, 51);
    using watch = new ExitWatch(recording, { root: machine.root, clock });
    clock.advance(1_000);
    machine.kills(1);
    machine.end(51);
    clock.advance(5_000);
    machine.end(50);
    watch.conclude({ code: null, signal: "SIGKILL" });
    const counts = recording.processes.map(({ oom }) => [oom?.before.groups[0]?.kills, oom?.after.groups[0]?.kills]);
    expect(counts).toEqual([
      [1, 1],
      [0, 1],
    ]);
  });

  it("says nothing of a child that ended without a kill", () => {
    using machine = new Machine();
    const clock = new FakeClock();
    for (const pid of [50, 51]) machine.resident(pid, 100);
    const recording = record(50, 51);
    using _watch = new ExitWatch(recording, { root: machine.root, clock });
    machine.end(51);
    clock.advance(2_000);
    expect(recording.processes[1]?.oom).toBeUndefined();
  });

  it("does no harm where there is no /proc", () => {
    using empty = makeRoot({});
    const recording = record(50);
    using watch = new ExitWatch(recording, { root: empty.root, clock: new FakeClock() });
    watch.conclude({ code: null, signal: "SIGKILL" });
    expect(recording.processes[0]?.lastReading).toBeUndefined();
  });
});

describe("recoverExit", () => {
  function cutOff(machine: Machine): Recording {
    const clock = new FakeClock();
    machine.resident(50, 250);
    const recording = record(50);
    using _watch = new ExitWatch(recording, { root: machine.root, clock });
    clock.advance(1_000);
    return recording;
  }

  it("compares the journal's counters with the present ones", () => {
    using machine = new Machine();
    const recording = cutOff(machine);
    machine.end(50);
    machine.kills(2);
    recoverExit(recording, Date.now(), { root: machine.root });
    expect(recording.processes[0]?.oom?.after.groups[0]?.kills).toBe(2);
  });

  it("leaves open what a program that still lives will die of", () => {
    using machine = new Machine();
    const recording = cutOff(machine);
    machine.kills(2);
    // It has run for 10 s of the machine's 100.
    recoverExit(recording, recording.startedAtMs + 10_000, { root: machine.root });
    expect(recording.processes[0]?.oom).toBeUndefined();
    // The number belongs to a younger process by now.
    recoverExit(recording, recording.startedAtMs + 600_000, { root: machine.root });
    expect(recording.processes[0]?.oom?.after.groups[0]?.kills).toBe(2);
  });

  it("believes no counters that a restart of the machine has reset", () => {
    using machine = new Machine();
    const recording = cutOff(machine);
    machine.end(50);
    if (recording.oom) recording.oom = { ...recording.oom, machineKills: 3 };
    recoverExit(recording, Date.now(), { root: machine.root });
    expect(recording.processes[0]?.oom).toBeUndefined();
  });
});
