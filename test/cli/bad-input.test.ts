/** A mistake gets at most six lines, a documented exit code, and a command that works. */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { makeFolder, plimsoll } from "./plimsoll.ts";

const CASES: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
  [["run", "node", "server.js"], 64, /needs -- before[^]*try: plimsoll run -- node server\.js/],
  [["run"], 64, /needs -- before[^]*try: plimsoll run -- node server\.js/],
  [["run", "--"], 64, /no command after --/],
  [["run", "stray", "--", "node"], 64, /"stray" stands before --/],
  [["rnu", "--", "node"], 64, /no command "rnu"\. Did you mean run\?/],
  [["elxplain"], 64, /Did you mean explain\?[^]*try: plimsoll explain/],
  [["quite", "else"], 64, /There is no command "quite"\.\n/],
  [["heap", "12"], 64, /try: plimsoll heap /],
  [["watch", "999999999"], 64, /no process 999999999[^]*Nothing was watched[^]*try: plimsoll /],
  [["watch", "4294967296999"], 64, /is not a process id/],
  [["watch", "server.js"], 64, /"server\.js" is not a process id[^]*try: plimsoll /],
  [["watch", "1", "2"], 64, /takes one process id/],
  [["watch", "--for", "60s", "1", "--atach"], 64, /no option --atach\. Did you mean --attach\?/],
  [["--limit", "1gb"], 64, /no option --limit without a command/],
  [["run", "--limt", "1gb", "--", "node"], 64, /no option --limt\. Did you mean --limit\?/],
  [["run", "--limit", "--", "node"], 64, /--limit/],
  [["run", "--limit", "banana", "--", "node"], 64, /"banana" is not a size[^]*try: plimsoll run --limit 512mb/],
  [["run", "--limit", "200%", "--", "node"], 64, /at most 100%/],
  [["run", "--fail-on", "leek", "--", "node"], 64, /--fail-on knows leak and limit, not "leek"/],
  [["run", "--experiment", "--", "node"], 64, /no option --experiment\. Did you mean --experiments\?/],
  [["run", "--report-dir", "", "--", "node"], 64, /--report-dir needs a path/],
  [["run", "--report-dir", "file/below", "--", "node"], 64, /file\/below cannot be written[^]*Nothing was started/],
  [["run", "--report-dir", "/proc/plimsoll", "--", "node"], 64, /cannot be written[^]*try: plimsoll run --report-dir/],
  [["run", "--report-json", "folder", "--", "node"], 64, /folder cannot be written: it is a folder/],
  [["run", "--", "no-such-program"], 127, /no-such-program[^]*no such command[^]*try: /],
  [["run", "--", "./file"], 126, /cannot be executed[^]*try: /],
  [["explain"], 64, /no report in \.plimsoll[^]*try: plimsoll run/],
  [["explain", "missing.json"], 64, /no file or folder missing\.json/],
  [["explain", "file"], 64, /file cannot be read as a report/],
  [["explain", "other.json"], 64, /Not a Plimsoll report/],
  [["explain", "folder"], 64, /folder holds no report/],
  [["explain", "a", "b"], 64, /takes one report/],
  [["limits", "banana"], 64, /"banana" is not a size[^]*try: plimsoll limits 512mb/],
  [["limits", "1mb"], 64, /too small[^]*try: plimsoll limits 512mb/],
  [["limits", "--write", "kubernets"], 64, /not "kubernets"[^]*try: plimsoll limits --write kubernetes/],
  [["limits", "1gb", "2gb"], 64, /takes one size/],
];

describe("a mistake", () => {
  it.each(CASES)("%j exits %i", async (args, code, says) => {
    const cwd = makeFolder();
    writeFileSync(join(cwd, "file"), "{");
    writeFileSync(join(cwd, "other.json"), '{"schema":"another"}');
    mkdirSync(join(cwd, "folder"));
    const ended = await plimsoll(args, { cwd });
    expect(ended.stderr).toMatch(says);
    expect(ended).toMatchObject({ code, signal: null, stdout: "" });
    expect(ended.stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(6);
    expect(ended.stderr).not.toContain("    at ");
    // No empty report is left behind that `explain` would stumble over.
    expect(readdirSync(cwd).includes(".plimsoll") ? readdirSync(join(cwd, ".plimsoll")) : []).toEqual(
      [126, 127].includes(code) ? [".gitignore"] : [],
    );
  });

  it("on Node 18 says what is needed", async () => {
    const cwd = makeFolder();
    const old = join(cwd, "old.cjs");
    writeFileSync(
      old,
      `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.8" } });`,
    );
    const ended = await plimsoll(["run", "--", "node", "-e", "console.log(1)"], {
      cwd,
      nodeOptions: ["--require", old],
    });
    expect(ended).toMatchObject({ code: 70, stdout: "" });
    expect(ended.stderr).toMatch(/needs Node\.js 20\.19, 22\.12 or newer; this is 18\.20\.8[^]*try: /);
    expect(ended.stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(6);
  });
});

describe("help", () => {
  it("of a bare command is six lines, and no success", async () => {
    const ended = await plimsoll([]);
    expect(ended).toMatchObject({ code: 64, stdout: "" });
    expect(ended.stderr.trimEnd().split("\n")).toHaveLength(6);
  });

  it.each([["--help"], ["-h"], ["help"], ["run", "--help"], ["explain", "-h"], ["limits", "--help"]])(
    "is printed on stdout for %s %s",
    async (...args) => {
      const ended = await plimsoll(args.filter((arg) => arg !== undefined));
      expect(ended).toMatchObject({ code: 0, stderr: "" });
      expect(ended.stdout).toContain("plimsoll run [options] -- COMMAND");
    },
  );

  it("is not what the program's own --help asks for", async () => {
    const ended = await plimsoll(["run", "--quiet", "--", process.execPath, "-p", "process.argv[1]", "--", "--help"]);
    expect(ended).toMatchObject({ code: 0, stdout: "--help\n" });
  });

  it("includes the version", async () => {
    expect(await plimsoll(["--version"])).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    });
  });
});
