/** A verdict can be had again: after the run, during it, and after the watcher was killed. */
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { validateReport } from "../../src/diagnose/report/validate.ts";
import { makeFolder, plimsoll, PROGRAMS } from "./plimsoll.ts";

const node = process.execPath;

function newestFolder(cwd: string): string {
  const names = readdirSync(join(cwd, ".plimsoll")).filter((name) => name !== ".gitignore");
  expect(names).toHaveLength(1);
  return join(cwd, ".plimsoll", String(names[0]));
}

describe("a report", () => {
  it("lies in a private folder that git passes over, without the journal", async () => {
    const cwd = makeFolder();
    await plimsoll(["run", "--", node, "-e", "setTimeout(() => {}, 300)"], { cwd });
    const dir = newestFolder(cwd);
    expect(readFileSync(join(cwd, ".plimsoll/.gitignore"), "utf8")).toBe("*\n");
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(readdirSync(dir).sort()).toEqual(["report.html", "report.json"]);
    for (const name of readdirSync(dir)) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
  });

  it("goes where --report-dir and --report-json say", async () => {
    const cwd = makeFolder();
    const options = ["--report-dir", "a/b", "--report-json", "c/copy.json"];
    await plimsoll(["run", ...options, "--", node, "-e", ""], { cwd });
    expect(existsSync(join(cwd, ".plimsoll"))).toBe(false);
    expect(readFileSync(join(cwd, "c/copy.json"), "utf8")).toBe(readFileSync(join(cwd, "a/b/report.json"), "utf8"));
  });

  it("that cannot be written costs neither the verdict nor the exit code", async () => {
    const cwd = makeFolder();
    const program = "fs.rmSync('out', { recursive: true }); fs.writeFileSync('out', ''); process.exitCode = 3";
    const ended = await plimsoll(["run", "--report-dir", "out", "--", node, "-e", program], { cwd });
    expect(ended).toMatchObject({ code: 3, stdout: "" });
    expect(ended.stderr).toMatch(/too soon to judge.*ended with code 3/);
    expect(ended.stderr).toMatch(/plimsoll: the report could not be written: ENOTDIR/);
  });
});

describe("explain", () => {
  it("shows the newest report in full, and a named one", async () => {
    const cwd = makeFolder();
    await plimsoll(["run", "--", node, "-e", "setTimeout(() => {}, 300)"], { cwd });
    const dir = newestFolder(cwd);
    const newest = await plimsoll(["explain"], { cwd });
    expect(newest).toMatchObject({ code: 0, stdout: "" });
    expect(newest.stderr).toContain("plimsoll: undetermined");
    expect(newest.stderr).toContain(join(".plimsoll", String(dir.split("/").at(-1)), "report.html"));
    expect((await plimsoll(["explain", dir], { cwd })).stderr).toContain("plimsoll: undetermined");
    expect((await plimsoll(["explain", join(dir, "report.json")], { cwd })).stderr).toContain("plimsoll: undetermined");
    const { stdout, stderr } = await plimsoll(["explain", "--json"], { cwd });
    expect(stderr).toBe("");
    expect(validateReport(JSON.parse(stdout)).verdict.kind).toBe("undetermined");
  });

  it("recovers a run whose watcher was killed, and the program lives on", async () => {
    const cwd = makeFolder();
    const program = `setTimeout(() => { fs.writeFileSync("lived", ""); process.exit(); }, 6_000)`;
    const killed = await plimsoll(["run", "--", node, "-e", program], {
      cwd,
      onStderr: (child, text) => {
        if (text.includes("watching")) setTimeout(() => child.kill("SIGKILL"), 3_000);
      },
    });
    expect(killed).toMatchObject({ signal: "SIGKILL" });
    const dir = newestFolder(cwd);
    expect(readdirSync(dir)).toEqual(["journal.ndjson"]);
    const explained = await plimsoll(["explain"], { cwd });
    expect(explained.code).toBe(0);
    expect(explained.stderr).toContain("recovered from the journal");
    expect(explained.stderr).toContain("its end was not seen");
    const report = validateReport(JSON.parse(readFileSync(join(dir, "report.json"), "utf8")));
    expect(report.seconds).toBeGreaterThan(1);
    expect(report.peak.rssBytes).toBeGreaterThan(2 ** 20);
    expect(report.processes[0]?.observed).toBe(true);
    await expect.poll(() => existsSync(join(cwd, "lived")), { timeout: 20_000 }).toBe(true);
  });

  it("says so while the run still goes on", async () => {
    const cwd = makeFolder();
    const explained: string[] = [];
    await plimsoll(["run", "--", node, join(PROGRAMS, "steady.mjs")], {
      cwd,
      onStderr: (child, text) => {
        if (explained.length > 0 || !text.includes("watching")) return;
        explained.push("");
        setTimeout(() => {
          const explaining = plimsoll(["explain"], { cwd });
          void explaining.then(({ stderr }) => explained.push(stderr)).finally(() => child.kill("SIGTERM"));
        }, 2_000);
      },
    });
    expect(explained[1]).toContain("this run still goes on");
    expect(existsSync(join(newestFolder(cwd), "report.json"))).toBe(true);
  });

  it("works in a folder that can only be read", async () => {
    const cwd = makeFolder();
    await plimsoll(["run", "--", node, "-e", ""], { cwd });
    chmodSync(newestFolder(cwd), 0o500);
    expect(await plimsoll(["explain"], { cwd })).toMatchObject({ code: 0 });
    chmodSync(newestFolder(cwd), 0o700);
  });
});
