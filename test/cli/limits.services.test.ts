/**
 * The advised flags in a real memory cgroup: a program that fills its heap ends by V8 (SIGABRT, exit
 * code 134), with a stack and a report, and not by the kernel (SIGKILL, 137). Needs root and a
 * writable cgroup v1 memory controller or a cgroup v2 with the memory controller delegated.
 */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { adviseLimit } from "../../src/monitor/limit-advice.ts";
import { availableNodes } from "../support/nodes.ts";
import { start } from "./plimsoll.ts";

const V1 = "/sys/fs/cgroup/memory";
const V2 = "/sys/fs/cgroup";
const isV1 = existsSync(join(V1, "memory.limit_in_bytes"));
const MB = 2 ** 20;
/** Small objects: the heap fills with what must be marked. */
const FILL = "const kept = []; for (let i = 0; ; i++) kept.push({ i, text: String(i) });";

let group: string;
beforeEach(() => {
  group = join(isV1 ? V1 : V2, `plimsoll-test-${process.pid}`);
  mkdirSync(group);
});
afterEach(() => rmdirSync(group));

function limitTo(limitMb: number): void {
  if (isV1) writeFileSync(join(group, "memory.limit_in_bytes"), String(limitMb * MB));
  else {
    writeFileSync(join(group, "memory.max"), String(limitMb * MB));
    writeFileSync(join(group, "memory.swap.max"), "0");
  }
}

/** Enters the group and becomes the command. */
function inGroup(...command: string[]): string[] {
  return ["sh", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', group, ...command];
}

describe.each(availableNodes())("in a memory cgroup, Node $version", ({ path }) => {
  it.each([64, 128, 256, 512])("with the advised flags V8 ends first at %i MB", async (limitMb) => {
    limitTo(limitMb);
    const { flags } = adviseLimit(limitMb * MB);
    const ended = await start(inGroup(path, "-e", FILL), { env: { NODE_OPTIONS: flags.join(" ") } });
    expect(ended.signal).toBe("SIGABRT");
    expect(ended.stderr).toContain("heap out of memory");
  });

  it("without them the kernel does", async () => {
    limitTo(128);
    const ended = await start(inGroup(path, "--max-old-space-size=128", "-e", FILL));
    expect(ended.signal).toBe("SIGKILL");
  });
});
