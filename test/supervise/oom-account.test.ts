/** The killer's counters, read from file trees as the kernel shows them in both versions. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { OomAccounts } from "../../src/supervise/oom-account.ts";
import { makeRoot } from "../probe/support/fixture-root.ts";

const V1_MOUNT = "31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
const V2_MOUNT = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
const NO_LIMIT = "9223372036854771712\n";

function version1(directory: string, [limit, peak, failures, kills]: readonly [string, number, number, number]) {
  const at = `sys/fs/cgroup/memory${directory}`;
  return {
    [`${at}/memory.limit_in_bytes`]: limit,
    [`${at}/memory.usage_in_bytes`]: "1000\n",
    [`${at}/memory.max_usage_in_bytes`]: `${peak}\n`,
    [`${at}/memory.failcnt`]: `${failures}\n`,
    [`${at}/memory.oom_control`]: `oom_kill_disable 0\nunder_oom 0\noom_kill ${kills}\n`,
  };
}

function rewrite(root: string, path: string, text: string): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

describe("OomAccounts", () => {
  it("reads version 1: kills of the process's own cgroup, limits of those above", () => {
    using fixture = makeRoot({
      "proc/self/mountinfo": V1_MOUNT,
      "proc/self/cgroup": "4:memory:/\n",
      "proc/7/cgroup": "4:memory:/a/b\n",
      "proc/vmstat": "pgfault 5\noom_kill 14\n",
      ...version1("", [NO_LIMIT, 9_000, 0, 3]),
      ...version1("/a", ["500000\n", 400_000, 1, 2]),
      ...version1("/a/b", ["262144000\n", 300_000, 7, 1]),
    });
    const accounts = new OomAccounts(fixture);
    expect(accounts.discover(7)).toBe(true);
    expect(accounts.discover(7)).toBe(false);
    const directory = "/sys/fs/cgroup/memory";
    expect(accounts.read(5)).toEqual({
      timeMs: 5,
      machineKills: 14,
      groups: [
        {
          path: "/a/b",
          directory: `${directory}/a/b`,
          version: 1,
          limitBytes: 262_144_000,
          peakBytes: 300_000,
          hits: 7,
          kills: 1,
        },
        { path: "/a", directory: `${directory}/a`, version: 1, limitBytes: 500_000, peakBytes: 400_000, hits: 1 },
        { path: "/", directory, version: 1, peakBytes: 9_000, hits: 0 },
      ],
    });
  });

  it("reads version 2 from the nearest cgroup that has the controller, its own events first", () => {
    const app = "sys/fs/cgroup/app";
    using fixture = makeRoot({
      "proc/self/mountinfo": V2_MOUNT,
      "proc/self/cgroup": "0::/app/inner\n",
      "proc/7/cgroup": "0::/app/inner\n",
      "sys/fs/cgroup/app/inner/cgroup.procs": "7\n",
      [`${app}/memory.current`]: "1000\n",
      [`${app}/memory.max`]: "268435456\n",
      [`${app}/memory.peak`]: "268000000\n",
      [`${app}/memory.events`]: "low 0\nhigh 0\nmax 90\noom 9\noom_kill 8\noom_group_kill 0\n",
      [`${app}/memory.events.local`]: "low 0\nhigh 0\nmax 12\noom 2\noom_kill 1\noom_group_kill 0\n",
    });
    const accounts = new OomAccounts(fixture);
    accounts.discover(7);
    expect(accounts.read(1)).toEqual({
      timeMs: 1,
      groups: [
        {
          path: "/app",
          directory: "/sys/fs/cgroup/app",
          version: 2,
          limitBytes: 268_435_456,
          peakBytes: 268_000_000,
          hits: 12,
          ooms: 2,
          kills: 1,
          holdsWatcher: true,
        },
      ],
    });
  });

  it("reads the cgroups of an earlier account again, and leaves out those that are gone", () => {
    using fixture = makeRoot({
      "proc/self/mountinfo": V1_MOUNT,
      "proc/7/cgroup": "4:memory:/a\n",
      ...version1("", [NO_LIMIT, 1, 0, 0]),
      ...version1("/a", ["1000000\n", 1, 0, 0]),
    });
    const first = new OomAccounts(fixture);
    first.discover(7);
    const before = first.read(1);
    rewrite(fixture.root, "sys/fs/cgroup/memory/a/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n");
    const later = new OomAccounts(fixture, before);
    expect(later.read(2).groups.map(({ path, kills }) => [path, kills])).toEqual([
      ["/a", 1],
      ["/", undefined],
    ]);
    rmSync(join(fixture.root, "sys/fs/cgroup/memory/a"), { recursive: true });
    expect(later.read(3).groups.map(({ path }) => path)).toEqual(["/"]);
  });

  it("tells nothing where there is nothing to read", () => {
    using fixture = makeRoot({});
    const accounts = new OomAccounts(fixture);
    expect(accounts.discover(7)).toBe(false);
    expect(accounts.read(1)).toEqual({ timeMs: 1, groups: [] });
  });
});
