/** Old reports are removed, and nothing that somebody else has put beside them. */
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { removeOldReports } from "../../src/cli/report-retention.ts";
import { makeFolder, plimsoll } from "./plimsoll.ts";

/** Larger than any process id of Linux. */
const NOBODY = 2 ** 23;

function nameOf(day: number, pid = NOBODY): string {
  return `2026-01-${String(day).padStart(2, "0")}T10-00-00-000-${pid}`;
}

function addReport(folder: string, name: string, files: readonly string[] = ["report.json", "report.html"]): void {
  mkdirSync(join(folder, name), { recursive: true });
  for (const file of files) writeFileSync(join(folder, name, file), "");
}

describe("old reports", () => {
  it("go, the newest stay", () => {
    const folder = makeFolder();
    for (let day = 1; day <= 9; day += 1) addReport(folder, nameOf(day));
    removeOldReports(folder, 3);
    expect(readdirSync(folder)).toEqual([7, 8, 9].map((day) => nameOf(day)));
  });

  it("stay where anything else lies in them, or where they are written to", () => {
    const folder = makeFolder();
    addReport(folder, nameOf(1), ["report.json", "notes.txt"]);
    addReport(folder, nameOf(2), ["report.json", "report.html.new"]);
    addReport(folder, nameOf(3, process.pid), ["journal.ndjson"]);
    addReport(folder, nameOf(4), ["journal.ndjson"]);
    addReport(folder, join(nameOf(5), "report.json"));
    addReport(folder, "before-the-fix");
    addReport(folder, `${nameOf(6)}-copy`);
    writeFileSync(join(folder, nameOf(7)), "a file");
    const elsewhere = makeFolder();
    addReport(elsewhere, "kept");
    symlinkSync(join(elsewhere, "kept"), join(folder, nameOf(8)));
    mkdirSync(join(folder, nameOf(9)));
    symlinkSync(join(elsewhere, "kept"), join(folder, nameOf(9), "report.json"));
    removeOldReports(folder, 0);
    expect(readdirSync(folder)).toEqual([
      nameOf(1),
      nameOf(3, process.pid),
      nameOf(5),
      nameOf(6) + "-copy",
      nameOf(7),
      nameOf(8),
      nameOf(9),
      "before-the-fix",
    ]);
    expect(readdirSync(join(elsewhere, "kept"))).toEqual(["report.html", "report.json"]);
  });

  it("are none where there is no folder", () => {
    expect(() => removeOldReports(join(makeFolder(), "none"), 0)).not.toThrow();
  });

  it("go when a new one comes, unless that lies elsewhere", async () => {
    const cwd = makeFolder();
    const folder = join(cwd, ".plimsoll");
    for (let day = 1; day <= 25; day += 1) addReport(folder, nameOf(day));
    await plimsoll(["run", "--quiet", "--report-dir", "elsewhere", "--", process.execPath, "-e", "0"], { cwd });
    expect(readdirSync(folder)).toHaveLength(25);
    await plimsoll(["run", "--quiet", "--", process.execPath, "-e", "0"], { cwd });
    const names = readdirSync(folder).filter((name) => name !== ".gitignore");
    expect(names).toHaveLength(20);
    expect(existsSync(join(folder, nameOf(6)))).toBe(false);
    expect(existsSync(join(folder, nameOf(7)))).toBe(true);
    expect(existsSync(join(folder, String(names.at(-1)), "report.json"))).toBe(true);
  });
});
