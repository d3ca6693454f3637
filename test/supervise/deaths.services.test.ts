/**
 * Real memory cgroups: what the kernel kills is told from what somebody else kills, for the command, a
 * child of it, and where the watcher is killed as well. Needs root, or a cgroup that this user may divide.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeEach, describe, expect, it } from "vitest";
import { availableNodes } from "../support/nodes.ts";
import { MemoryCgroup } from "../support/memory-cgroup.ts";
import { type Death, die, explain, faults, FILL_BUFFERS, removeFolders } from "./deaths.ts";

const node = process.execPath;
const LIMIT_MB = 150;
const KERNEL = { kind: "oom-killer", outOfMemory: true, end: { code: null, signal: "SIGKILL" } } as const;
const REACHED = "reached its 150 MB limit \\(oom_kill 0 → 1\\)";

let group: MemoryCgroup;
beforeEach(() => {
  group = new MemoryCgroup("plimsoll-deaths", LIMIT_MB * 2 ** 20);
});
afterEach(() => group[Symbol.dispose]());
afterAll(removeFolders);

/** Waits until nothing lives in the group; each step is short, and their number bounded. */
async function emptied(): Promise<void> {
  for (let tries = 0; tries < 1_000 && group.members().length > 0; tries += 1) await sleep(20);
  expect(group.members()).toEqual([]);
}

describe.each(availableNodes())("Node $version", ({ path }) => {
  it("the kernel kills the command", async () => {
    const outcome = await die(group.enter(path, "-e", FILL_BUFFERS));
    const cause = new RegExp(
      `^killed by the kernel's out-of-memory killer: cgroup /\\S+ ${REACHED}; the program held 1\\d\\d MB 0\\.\\d+ s before$`,
    );
    expect(faults({ ...KERNEL, name: "", cause }, outcome)).toEqual([]);
    expect(outcome.report?.limit.bytes).toBe(LIMIT_MB * 2 ** 20);
    expect(outcome.report?.exit.suspects?.[0]?.what).toContain("Buffers");
  });

  it("the kernel kills a child, and the command lives on", async () => {
    const child = JSON.stringify(group.enter(path, "-e", FILL_BUFFERS));
    const program = `const [file, ...args] = ${child}; setTimeout(() => process.exit(99), 30_000).unref();
      require("node:child_process").spawn(file, args).on("exit", () => setTimeout(() => process.exit(0), 300));`;
    const expected: Omit<Death, "args"> = {
      name: "",
      kind: "code",
      outOfMemory: true,
      end: { code: 0, signal: null },
      cause: new RegExp(
        `^ended with code 0; its child node \\[eval\\] \\(pid \\d+\\) was killed by the kernel's out-of-memory killer: cgroup /\\S+ ${REACHED}; it held`,
      ),
    };
    const outcome = await die([path, "-e", program]);
    expect(faults(expected, outcome)).toEqual([]);
    expect(outcome.report?.processes.find(({ death }) => death !== undefined)?.death).toContain("out-of-memory killer");
  });
});

it("a shell's 137 is told of whom the kernel killed", async () => {
  const outcome = await die(group.enter("sh", "-c", '"$0" -e "$1"; exit $?', node, FILL_BUFFERS));
  const cause = new RegExp(
    `^killed by the kernel's out-of-memory killer: cgroup /\\S+ ${REACHED}; node \\[eval\\] \\(pid \\d+\\) held`,
  );
  expect(faults({ ...KERNEL, name: "", end: { code: 137, signal: null }, cause }, outcome)).toEqual([]);
});

it("a kill from outside near the limit is not taken for the kernel's", async () => {
  const program = `const kept = Buffer.alloc(80 * 2 ** 20, 1); setTimeout(() => process.kill(process.pid, "SIGKILL"), 800 + kept[0]);`;
  const { report } = await die(group.enter(node, "-e", program));
  expect(report?.exit).toMatchObject({ kind: "killed", outOfMemory: false });
  expect(report?.exit.cause).toMatch(
    /from someone else than the kernel's .*oom_kill of cgroup \/plimsoll-deaths-\d+ stayed at 0/,
  );
});

describe("where the watcher is killed too, explain says", () => {
  it("the same words, when the kernel killed the program first", async () => {
    const outcome = await die(group.enter(node, "-e", FILL_BUFFERS), {
      onWatching: (watcher) => {
        // Stopped, it sees nothing of the end.
        setTimeout(() => watcher.kill("SIGSTOP"), 600);
        void sleep(1_500)
          .then(emptied)
          .finally(() => watcher.kill("SIGKILL"));
      },
    });
    expect(outcome.report).toBeUndefined();
    const { report, stderr } = await explain(outcome);
    expect(stderr).toContain("recovered from the journal");
    expect(report?.exit).toMatchObject({ kind: "oom-killer", outOfMemory: true });
    expect(report?.exit.cause).toMatch(
      new RegExp(`^killed by the kernel's out-of-memory killer: cgroup /\\S+ ${REACHED}; the program held`),
    );
    expect(report?.exit.waterline?.rssBytes).toBeGreaterThan(40 * 2 ** 20);
  });

  it("the same words, when the kernel killed both", async () => {
    // The watcher goes first, and the program grows on until it is killed as well.
    const command = ["sh", "-c", 'echo 0 > /proc/self/oom_score_adj; exec "$0" -e "$1"', node, FILL_BUFFERS];
    const outcome = await die(command, { watcherGroup: group.path, isFirstVictim: true });
    expect(outcome).toMatchObject({ signal: "SIGKILL" });
    await emptied();
    const { report } = await explain(outcome);
    expect(report?.exit.kind).toBe("oom-killer");
    expect(report?.exit.cause).toMatch(
      /^killed by the kernel's out-of-memory killer: cgroup \/\S+ reached its 150 MB limit \(oom_kill 0 → 2\); .*watcher was killed too$/,
    );
  });

  it("that it was not the kernel, when somebody killed the whole group", async () => {
    const outcome = await die([node, "-e", "setTimeout(() => process.exit(99), 30_000)"], {
      watcherGroup: group.path,
      onWatching: () =>
        setTimeout(() => {
          for (const pid of group.members()) process.kill(pid, "SIGKILL");
        }, 2_000),
    });
    expect(outcome).toMatchObject({ signal: "SIGKILL" });
    await emptied();
    const { report } = await explain(outcome);
    expect(report?.exit).toMatchObject({ kind: "unseen", outOfMemory: false });
    expect(report?.exit.cause).toMatch(
      /watcher was killed too; it was not the kernel's out-of-memory killer: oom_kill of cgroup \/\S+ stayed at 0/,
    );
  });
});
