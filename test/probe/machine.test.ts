import { totalmem } from "node:os";
import { describe, expect, it } from "vitest";
import { libcOf } from "../../src/probe/libc.ts";
import { readMachine } from "../../src/probe/machine.ts";
import { makeRoot } from "./support/fixture-root.ts";

const STATUS = { "proc/self/status": "VmRSS:\t1000 kB\n" };

describe("readMachine", () => {
  it("agrees with Node on this machine, and knows everything where /proc can be read", () => {
    const machine = readMachine();
    expect(machine.totalBytes).toBe(totalmem());
    expect(machine.availableBytes).toBeLessThanOrEqual(machine.totalBytes);
    expect(machine.cores).toBeGreaterThan(0);
    if (machine.platform === "linux") {
      expect(machine.unknown).toEqual([]);
      const report = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
      expect(machine.libc).toBe(report.header.glibcVersionRuntime === undefined ? "musl" : "glibc");
    }
  });

  it("reads the memory file of the given root", () => {
    using root = makeRoot({
      ...STATUS,
      "proc/meminfo":
        "MemTotal:        8000 kB\nMemFree: 10 kB\nMemAvailable:    6000 kB\nSwapTotal:  100 kB\nSwapFree:  40 kB\n",
    });
    expect(readMachine(root)).toMatchObject({
      totalBytes: 8_192_000,
      availableBytes: 6_144_000,
      swapTotalBytes: 102_400,
      swapFreeBytes: 40_960,
    });
  });

  it.each([
    ["docker", { ".dockerenv": "" }],
    ["podman", { "run/.containerenv": "" }],
    ["systemd-nspawn", { "run/systemd/container": "systemd-nspawn\n" }],
    ["kubernetes", { "proc/1/cgroup": "5:memory:/kubepods/burstable/pod1/abc\n" }],
    ["lxc", { "proc/1/cgroup": "0::/lxc/box/init.scope\n" }],
    [undefined, { "proc/1/cgroup": "0::/init.scope\n" }],
  ])("recognises %s", (container, files) => {
    using root = makeRoot({ ...STATUS, ...files });
    expect(readMachine(root).container).toBe(container);
  });

  it("lists what is not known without /proc, and still tells the size of the memory", () => {
    using root = makeRoot({});
    const machine = readMachine(root);
    expect(machine.totalBytes).toBe(totalmem());
    expect(machine.libc).toBeUndefined();
    expect(machine.unknown.join("\n")).toMatch(/other processes.*\n.*anonymous.*\n.*cgroups and ulimit/);
  });
});

describe("libcOf", () => {
  it("tells glibc from musl, and admits not to know", () => {
    expect(libcOf("7f0-7f1 r-xp 0 00:00 1 /usr/lib/aarch64-linux-gnu/libc.so.6\n")).toBe("glibc");
    expect(libcOf("7f0-7f1 r-xp 0 00:00 1 /lib/ld-musl-aarch64.so.1\n")).toBe("musl");
    expect(libcOf("400000-500000 r-xp 0 00:00 1 /node-static\n")).toBeUndefined();
    expect(libcOf(undefined)).toBeUndefined();
  });
});
