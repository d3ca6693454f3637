import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCgroupLimits } from "../../src/probe/cgroup-limit.ts";
import { findCgroups, parseCgroupMounts, parseCgroupPaths } from "../../src/probe/cgroup.ts";
import { makeRoot } from "./support/fixture-root.ts";

const MIB = 2 ** 20;
const NO_LIMIT_V1 = "9223372036854771712\n";

/** As a hybrid machine writes them: version 1 holds the memory controller, version 2 is empty. */
const HYBRID_MOUNTS = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 master:2 - cgroup cgroup rw,memory
38 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate
`;
const V2_MOUNTS = "38 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n";

const brief = (root: { root: string }, pid: number | "self" = "self") =>
  readCgroupLimits(pid, root).map(({ source, bytes }) => [source, bytes]);

describe("parsing", () => {
  it("finds the memory hierarchy among the others", () => {
    const text = "9:name=systemd:/\n4:cpu,memory:/a:b/c\n2:memoryx:/no\n0::/unified\n";
    expect(parseCgroupPaths(text)).toEqual([
      { version: 1, path: "/a:b/c" },
      { version: 2, path: "/unified" },
    ]);
    expect(parseCgroupMounts(HYBRID_MOUNTS)).toEqual([
      { version: 1, top: "/", directory: "/sys/fs/cgroup/memory" },
      { version: 2, top: "/", directory: "/sys/fs/cgroup/unified" },
    ]);
  });

  it("reads names back as they were before the kernel escaped them", () => {
    const name = fc.stringMatching(/^[ -~\t\n]{1,12}$/).filter((text) => !text.includes("/"));
    fc.assert(
      fc.property(name, (text) => {
        const octal = (mark: string) => `\\${mark.charCodeAt(0).toString(8).padStart(3, "0")}`;
        const line = `1 2 0:3 / /mnt/${text.replaceAll(/[\s\\]/g, octal)} rw - cgroup2 cgroup2 rw`;
        expect(parseCgroupMounts(line)).toEqual([{ version: 2, top: "/", directory: `/mnt/${text}` }]);
      }),
    );
  });

  it("survives any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(parseCgroupMounts(text)).toEqual([]);
        expect(Array.isArray(parseCgroupPaths(text))).toBe(true);
      }),
    );
  });
});

describe("version 2", () => {
  it("reads every ancestor, with memory.high as a reading of its own", () => {
    using root = makeRoot({
      "proc/7/cgroup": "0::/system.slice/app.service/worker\n",
      "proc/self/mountinfo": V2_MOUNTS,
      // The controller is off in "worker", and the hierarchy's root has no limit files.
      "sys/fs/cgroup/system.slice/app.service/memory.max": `${512 * MIB}\n`,
      "sys/fs/cgroup/system.slice/app.service/memory.high": `${400 * MIB}\n`,
      "sys/fs/cgroup/system.slice/app.service/memory.current": `${100 * MIB}\n`,
      "sys/fs/cgroup/system.slice/memory.max": "max\n",
      "sys/fs/cgroup/system.slice/memory.high": "max\n",
    });
    const service = "cgroup v2 /sys/fs/cgroup/system.slice/app.service";
    expect(brief(root, 7)).toEqual([
      [`${service} (memory.max)`, 512 * MIB],
      [`${service} (memory.high)`, 400 * MIB],
      ["cgroup v2 /sys/fs/cgroup/system.slice (memory.max)", undefined],
      ["cgroup v2 /sys/fs/cgroup/system.slice (memory.high)", undefined],
    ]);
    const [max, high] = readCgroupLimits(7, root);
    expect(max).toMatchObject({ kind: "cgroup-v2", bounds: "process", usedBytes: 100 * MIB });
    expect(max?.throttles).toBeUndefined();
    expect(high?.throttles).toBe(true);
    expect(readCgroupLimits(7, root).every(({ unknown }) => unknown === undefined)).toBe(true);
  });

  it("says that a container hides the cgroups above it", () => {
    using root = makeRoot({
      "proc/self/cgroup": "0::/\n",
      "proc/self/mountinfo": V2_MOUNTS,
      "sys/fs/cgroup/memory.max": `${256 * MIB}\n`,
    });
    expect(readCgroupLimits("self", root)).toEqual([
      expect.objectContaining({ bytes: 256 * MIB, unknown: expect.stringContaining("hides") }),
    ]);
  });

  it("finds its place below a mount that begins above its cgroup namespace", () => {
    using root = makeRoot({
      "proc/7/cgroup": "0::/inner\n",
      "proc/self/mountinfo": V2_MOUNTS.replace(" / ", " /../.. "),
      "sys/fs/cgroup/other/x/inner/cgroup.procs": "8\n",
      "sys/fs/cgroup/pods/a/memory.max": `${64 * MIB}\n`,
      "sys/fs/cgroup/pods/a/inner/cgroup.procs": "6\n7\n",
      "sys/fs/cgroup/pods/a/inner/memory.max": "max\n",
    });
    expect(brief(root, 7)).toEqual([
      ["cgroup v2 /sys/fs/cgroup/pods/a/inner (memory.max)", undefined],
      ["cgroup v2 /sys/fs/cgroup/pods/a (memory.max)", 64 * MIB],
    ]);
    expect(findCgroups(9, root)).toEqual([]);
  });

  it("has no readings for a process outside of its cgroup namespace", () => {
    using root = makeRoot({
      "proc/7/cgroup": "0::/../other\n",
      "proc/self/mountinfo": V2_MOUNTS,
      "sys/fs/cgroup/memory.max": `${256 * MIB}\n`,
    });
    expect(readCgroupLimits(7, root)).toEqual([]);
  });
});

describe("version 1", () => {
  it("reads every ancestor on a hybrid machine", () => {
    using root = makeRoot({
      "proc/self/cgroup": "4:memory:/group/inner\n0::/\n",
      "proc/self/mountinfo": HYBRID_MOUNTS,
      "sys/fs/cgroup/memory/group/inner/memory.limit_in_bytes": NO_LIMIT_V1,
      "sys/fs/cgroup/memory/group/inner/memory.stat": `cache 0\nhierarchical_memory_limit ${200 * MIB}\n`,
      "sys/fs/cgroup/memory/group/memory.limit_in_bytes": `${200 * MIB}\n`,
      "sys/fs/cgroup/memory/group/memory.usage_in_bytes": `${50 * MIB}\n`,
      "sys/fs/cgroup/memory/group/memory.use_hierarchy": "1\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": NO_LIMIT_V1,
    });
    expect(brief(root)).toEqual([
      ["cgroup v1 /sys/fs/cgroup/memory/group/inner (memory.limit_in_bytes)", undefined],
      ["cgroup v1 /sys/fs/cgroup/memory/group (memory.limit_in_bytes)", 200 * MIB],
      ["cgroup v1 /sys/fs/cgroup/memory (memory.limit_in_bytes)", undefined],
    ]);
    expect(readCgroupLimits("self", root)[1]).toMatchObject({ kind: "cgroup-v1", usedBytes: 50 * MIB });
  });

  it("learns of a hidden ancestor's limit from the kernel's account", () => {
    using root = makeRoot({
      // Docker without a cgroup namespace: the path is the host's, the mount shows the container's cgroup at its top.
      "proc/self/cgroup": "4:memory:/docker/abc\n",
      "proc/self/mountinfo": "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": `${512 * MIB}\n`,
      "sys/fs/cgroup/memory/memory.stat": `hierarchical_memory_limit ${300 * MIB}\n`,
    });
    expect(brief(root)).toEqual([
      ["cgroup v1 /sys/fs/cgroup/memory (memory.limit_in_bytes)", 512 * MIB],
      ["cgroup v1, one above /sys/fs/cgroup/memory (hierarchical_memory_limit)", 300 * MIB],
    ]);
  });

  it("ignores ancestors that do not bind what is below them", () => {
    using root = makeRoot({
      "proc/self/cgroup": "4:memory:/group/inner\n",
      "proc/self/mountinfo": HYBRID_MOUNTS,
      "sys/fs/cgroup/memory/group/inner/memory.limit_in_bytes": `${100 * MIB}\n`,
      "sys/fs/cgroup/memory/group/memory.limit_in_bytes": `${50 * MIB}\n`,
      "sys/fs/cgroup/memory/group/memory.use_hierarchy": "0\n",
    });
    expect(brief(root)).toHaveLength(1);
  });

  it("takes the top of the mount where the path names a cgroup that it does not show", () => {
    using root = makeRoot({
      "proc/self/cgroup": "4:memory:/docker/abc\n",
      "proc/self/mountinfo": "35 31 0:32 /kubepods/pod1 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": `${128 * MIB}\n`,
    });
    expect(brief(root)).toEqual([["cgroup v1 /sys/fs/cgroup/memory (memory.limit_in_bytes)", 128 * MIB]]);
  });
});

it("adds no limit that was not set, and loses none, however the tree is nested", () => {
  const limit = fc.option(fc.integer({ min: 1, max: 2 ** 40 }), { nil: undefined });
  fc.assert(
    fc.property(fc.array(limit, { minLength: 1, maxLength: 6 }), (limits) => {
      const paths = limits.map(
        (_, index) => `/g${Array.from({ length: index }, (__, level) => `/n${level}`).join("")}`,
      );
      const files = paths.map((path, index) => [`sys/fs/cgroup${path}/memory.max`, `${limits[index] ?? "max"}\n`]);
      using root = makeRoot({
        "proc/self/cgroup": `0::${paths.at(-1)}\n`,
        "proc/self/mountinfo": V2_MOUNTS,
        ...(Object.fromEntries(files) as Record<string, string>),
      });
      expect(readCgroupLimits("self", root).map(({ bytes }) => bytes)).toEqual(limits.toReversed());
    }),
    { numRuns: 30 },
  );
});
