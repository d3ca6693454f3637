/** Real programs die in every way that needs no cgroup, on every Node.js line; each leaves a report that says how. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { validateReport } from "../../src/diagnose/report/validate.ts";
import { availableNodes } from "../support/nodes.ts";
import { DEATHS, die, explain, faults, removeFolders } from "./deaths.ts";

afterAll(removeFolders);

describe.each(availableNodes())("Node $version", ({ path }) => {
  it.each(DEATHS)("$name", async (death) => {
    const outcome = await die([path, ...death.args]);
    expect(faults(death, outcome)).toEqual([]);
    expect(validateReport(outcome.report)).toBe(outcome.report);
    expect(JSON.stringify(outcome.report)).not.toContain("hush");
  });

  it("is believed where its own crash report names the cause, whose environment is never read", async () => {
    const args = ["--max-old-space-size=40", "--report-on-fatalerror", "-e"];
    const fill = DEATHS.find(({ name }) => name === "V8 heap")?.args.at(-1) ?? "";
    const { report, folder } = await die([path, ...args, fill], { env: { SECRET: "hush-hush" } });
    expect(report?.exit.cause).toMatch(/Node's crash report names ".*heap out of memory"/);
    for (const name of readdirSync(join(folder, "report"))) {
      expect(readFileSync(join(folder, "report", name), "utf8")).not.toContain("hush");
    }
  });
});

it("a violent end is told in the terminal: how, the last waterline, and the suspects", async () => {
  const death = DEATHS.find(({ name }) => name === "V8 heap");
  const { stderr } = await die([process.execPath, ...(death?.args ?? [])]);
  expect(stderr).toMatch(/\n {3}died +(most likely )?V8 heap out of memory/);
  expect(stderr).toMatch(/\n {3}last +[\d.]+ MB resident/);
  expect(stderr).toMatch(/\n {3}suspects +\w+/);
});

it("a watcher that is killed with its program is recovered from the journal", async () => {
  const program = "setTimeout(() => process.exit(99), 30_000)";
  const outcome = await die([process.execPath, "-e", program], {
    onWatching: (watcher, pid) =>
      setTimeout(() => {
        watcher.kill("SIGKILL");
        process.kill(pid, "SIGKILL");
      }, 2_500),
  });
  expect(outcome).toMatchObject({ signal: "SIGKILL" });
  expect(outcome.report).toBeUndefined();
  const explained = await explain(outcome);
  expect(explained.code).toBe(0);
  expect(explained.report?.exit).toMatchObject({ kind: "unseen", code: null, signal: null, outOfMemory: false });
  expect(explained.report?.exit.cause).toMatch(/^its end was not seen, as Plimsoll's watcher was killed too/);
  expect(explained.report?.exit.waterline?.rssBytes).toBeGreaterThan(20 * 2 ** 20);
});
