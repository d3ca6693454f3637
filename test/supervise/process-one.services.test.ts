/** As a container's process 1: in a process namespace of its own, which only root may make. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { MAIN, start } from "../cli/plimsoll.ts";
import { PROGRAMS } from "./supervising.ts";

it("reaps the orphans that it inherits, and ends by SIGTERM as a shell tells it", async () => {
  const program = [process.execPath, join(PROGRAMS, "orphans.mjs")];
  const supervise = [process.execPath, MAIN, "supervise", "--no-reports", "--", ...program];
  let isAsked = false;
  const script = `"$@" | while read -r line; do echo "$line"; echo "$line" >&2; done; exit "\${PIPESTATUS[0]}"`;
  const namespace = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child", ...supervise];
  const ended = await start(["bash", "-c", script, "bash", ...namespace], {
    onStderr: (child, text) => {
      if (isAsked || !text.includes("clean below 1\n")) return;
      isAsked = true;
      for (const pid of descendants(child.pid ?? 0)) if (isFirst(pid)) process.kill(pid, "SIGTERM");
    },
  });
  expect(ended.stderr).toContain("SIGTERM: draining");
  expect(ended.code).toBe(143);
});

function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").split(" ").filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

/** True for the process that is 1 in its own namespace. */
function isFirst(pid: number): boolean {
  return /^NSpid:.*\t1$/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
}
