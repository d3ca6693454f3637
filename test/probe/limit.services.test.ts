/** The limits of real memory cgroups. Needs root, the right to create cgroups, and `unshare` of util-linux. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LimitReading, readLimits, tightestLimit } from "../../src/probe/limit.ts";
import { MEMORY_PROGRAM, startProgram } from "./support/start-program.ts";

const MIB = 2 ** 20;
const LIMIT_FILE = join(import.meta.dirname, "../../src/probe/limit.ts");
const VERSION_1 = existsSync("/sys/fs/cgroup/memory/memory.limit_in_bytes");
const MOUNT = VERSION_1 ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
const LIMIT_NAME = VERSION_1 ? "memory.limit_in_bytes" : "memory.max";
const REMOUNT = VERSION_1 ? "mount -t cgroup -o memory memory" : "mount -t cgroup2 none";
const OUTER = join(MOUNT, `plimsoll-test-${process.pid}`);
const INNER = join(OUTER, "inner");

const limitOuter = (bytes: number | string) => writeFileSync(join(OUTER, LIMIT_NAME), `${bytes}\n`);

/** The command, as a member of the inner cgroup. */
const inside = (command: readonly string[]): readonly string[] => [
  "sh",
  "-c",
  `echo $$ > ${INNER}/cgroup.procs && exec "$@"`,
  "sh",
  ...command,
];

const REPORT = `
  require("tsx/cjs/api").register();
  const { readLimits, tightestLimit } = require(${JSON.stringify(LIMIT_FILE)});
  console.log(JSON.stringify(tightestLimit(readLimits())));`;

async function tightestInside(...wrap: readonly string[]): Promise<LimitReading> {
  const [program = "", ...rest] = inside([...wrap, process.execPath, "-e", REPORT]);
  const { stdout } = await promisify(execFile)(program, rest, { timeout: 30_000, killSignal: "SIGKILL" });
  return JSON.parse(stdout) as LimitReading;
}

beforeAll(() => {
  if (process.getuid?.() !== 0) throw new Error("limit.services.test.ts creates cgroups: run it as root");
  mkdirSync(OUTER);
  if (!VERSION_1) writeFileSync(join(OUTER, "cgroup.subtree_control"), "+memory");
  mkdirSync(INNER);
});

afterAll(async () => {
  // A cgroup can be removed as soon as the kernel has let go of its last process.
  for (const directory of [INNER, OUTER]) {
    for (let attempt = 0; existsSync(directory); attempt += 1) {
      try {
        rmdirSync(directory);
      } catch (error) {
        if (attempt === 50) throw error;
        await sleep(100);
      }
    }
  }
});

describe("limits of a real cgroup", () => {
  it("finds the limit of the cgroup above the process's own", async () => {
    limitOuter(200 * MIB);
    expect(await tightestInside()).toMatchObject({
      bytes: 200 * MIB,
      source: `cgroup ${VERSION_1 ? "v1" : "v2"} ${OUTER} (${LIMIT_NAME})`,
    });
  });

  it("finds it from outside by the process's id", async () => {
    limitOuter(300 * MIB);
    await using program = await startProgram("nothing", process.execPath, inside);
    const limit = tightestLimit(readLimits(program.pid));
    expect(limit).toMatchObject({ bytes: 300 * MIB, source: expect.stringContaining(OUTER) });
    expect(limit?.usedBytes).toBeGreaterThan(MIB);
    expect(tightestLimit(readLimits())?.bytes).not.toBe(300 * MIB);
  });

  it("finds it in a cgroup namespace that kept the mounts of its creator", async () => {
    limitOuter(200 * MIB);
    expect(await tightestInside("unshare", "--cgroup")).toMatchObject({
      bytes: 200 * MIB,
      source: expect.stringContaining(OUTER),
    });
  });

  it("knows in a cgroup namespace with its own mounts that limits above may apply", async () => {
    limitOuter(200 * MIB);
    const script = `umount ${MOUNT} && ${REMOUNT} ${MOUNT} && exec "$@"`;
    const limit = await tightestInside("unshare", "--cgroup", "--mount", "sh", "-c", script, "sh");
    // Version 1 tells the strictest limit of all ancestors; version 2 keeps it to itself.
    if (VERSION_1) expect(limit).toMatchObject({ bytes: 200 * MIB, source: expect.stringContaining("hierarchical") });
    else expect(limit.kind).toBe("machine");
  });

  it("does not take a limit above the machine's memory, or none, for one that binds", async () => {
    limitOuter(2 * totalmem());
    expect(await tightestInside()).toMatchObject({ kind: "machine", bytes: totalmem() });
    limitOuter(VERSION_1 ? -1 : "max");
    expect(await tightestInside()).toMatchObject({ kind: "machine", bytes: totalmem() });
  });

  it("names the line at which the kernel kills", async () => {
    limitOuter(48 * MIB);
    const [program = "", ...rest] = inside([process.execPath, MEMORY_PROGRAM, "bigBuffers"]);
    const run = promisify(execFile)(program, rest, { timeout: 30_000 });
    await expect(run).rejects.toMatchObject({ signal: "SIGKILL", killed: false });
  });
});
