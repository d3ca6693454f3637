/**
 * The advised flags in a real memory cgroup: a program that fills its heap ends by V8 (SIGABRT, exit
 * code 134), with a stack and a report, and not by the kernel (SIGKILL, 137). Needs root and a
 * writable cgroup v1 memory controller or a cgroup v2 with the memory controller delegated.
 */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { adviseLimit } from "../../src/monitor/limit-advice.ts";
import { MemoryCgroup } from "../support/memory-cgroup.ts";
import { availableNodes } from "../support/nodes.ts";
import { start } from "./plimsoll.ts";

const MB = 2 ** 20;
/** Small objects: the heap fills with what must be marked. */
const FILL = "const kept = []; for (let i = 0; ; i++) kept.push({ i, text: String(i) });";

let group: MemoryCgroup;
beforeEach(() => {
  group = new MemoryCgroup("plimsoll-advice");
});
afterEach(() => group[Symbol.dispose]());

describe.each(availableNodes())("in a memory cgroup, Node $version", ({ path }) => {
  it.each([64, 128, 256, 512])("with the advised flags V8 ends first at %i MB", async (limitMb) => {
    group.limitTo(limitMb * MB);
    const { flags } = adviseLimit(limitMb * MB);
    const ended = await start(group.enter(path, "-e", FILL), { env: { NODE_OPTIONS: flags.join(" ") } });
    expect(ended.signal).toBe("SIGABRT");
    expect(ended.stderr).toContain("heap out of memory");
  });

  it("without them the kernel does", async () => {
    group.limitTo(128 * MB);
    const ended = await start(group.enter(path, "--max-old-space-size=128", "-e", FILL));
    expect(ended.signal).toBe("SIGKILL");
  });
});
