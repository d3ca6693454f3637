/** `plimsoll run` on programs that use `plimsoll/scope`: the report says what they own, and blames it only where it grows. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Report, validateReport } from "../../src/diagnose/index.ts";
import { makeFolder, plimsoll, PROGRAMS } from "./plimsoll.ts";

async function run(fixture: string): Promise<{ report: Report; stderr: string; html: string }> {
  const cwd = makeFolder();
  const command = ["run", "--limit", "1gb", "--report-dir", "out", "--", process.execPath, join(PROGRAMS, fixture)];
  const { stderr } = await plimsoll(command, { cwd });
  const read = (name: string): string => readFileSync(join(cwd, "out", name), "utf8");
  return { report: validateReport(JSON.parse(read("report.json"))), stderr, html: read("report.html") };
}

describe.concurrent("the ledger of a watched program", () => {
  it("is held responsible for handles that are never released", async () => {
    const { report, stderr, html } = await run("owned-leak.mjs");
    expect(report.verdict).toMatchObject({ kind: "js-heap", leak: true });
    expect(report.growth[0]?.holder).toMatch(/^[\d,]+ living handle values, not released$/);
    expect(report.verdict.next[0]).toMatch(/Release what openHandle \(fixtures\/owned-leak\.mjs:7\) makes/);
    const [ledger] = report.ledger ?? [];
    expect(ledger?.live).toBeGreaterThan(4_000);
    expect(ledger?.libraries).toEqual([expect.objectContaining({ name: "handle", live: ledger?.live })]);
    expect(ledger?.places[0]?.where).toMatchObject({ function: "openHandle", line: 7 });
    expect(stderr).toMatch(/held by +[\d,]+ living handle values/);
    expect(stderr).toMatch(/owned +[\d,]+ handle values alive, all from openHandle\s.*owned-leak\.mjs:7/);
    expect(html).toContain("Owned values");
  });

  it("accuses nobody where values come and go, whatever else leaks", async () => {
    const { report, stderr } = await run("owned-flat.mjs");
    expect(report.verdict).toMatchObject({ kind: "js-heap", leak: true });
    expect(report.growth[0]?.where?.function).toBe("remember");
    expect(report.growth.filter(({ holder }) => holder !== undefined)).toEqual([]);
    expect([...report.verdict.evidence, ...report.verdict.next].join(" ")).not.toContain("handle");
    expect(report.ledger).toMatchObject([{ live: 12, libraries: [{ name: "handle", live: 12, firstLive: 12 }] }]);
    expect(report.ledger?.[0]?.libraries[0]?.created).toBeGreaterThan(4_000);
    expect(stderr).toMatch(/owned +12 handle values alive/);
  });

  it("is heard from workers as well", async () => {
    const { report } = await run("owned-worker.mjs");
    expect(report.ledger).toMatchObject([{ thread: 1, live: 30, places: [{ name: "handle", live: 30 }] }]);
  });

  it("is absent from the report of a program without one", async () => {
    const { report, stderr, html } = await run("bytes.mjs");
    expect(report.ledger).toBeUndefined();
    expect(stderr).not.toContain("owned");
    expect(html).not.toContain("Owned values");
  });
});
