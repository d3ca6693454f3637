/** `plimsoll supervise` as a command: wrong usage, streams, environment, exit codes, words and reports. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseSuperviseOptions } from "../../src/cli/supervise-options.ts";
import { makeFolder, plimsoll } from "./plimsoll.ts";

const node = process.execPath;
const SERVER = join(import.meta.dirname, "..", "supervise", "fixtures", "server.mjs");

describe("arguments", () => {
  it("have a default each", () => {
    expect(parseSuperviseOptions(["--", "node", "server.js"])).toEqual({
      command: ["node", "server.js"],
      limit: "80%",
      instances: 1,
      drainMs: 10_000,
      restartAfter: undefined,
      reportDir: undefined,
      reports: true,
      quiet: false,
      json: false,
    });
  });

  it.each([
    ["1000", { units: 1000 }],
    ["2h", { ageMs: 7_200_000 }],
    ["90s", { ageMs: 90_000 }],
  ])("--restart-after %s is units or a time", (wanted, expected) => {
    expect(parseSuperviseOptions(["--restart-after", wanted, "--", "node"]).restartAfter).toEqual(expected);
  });

  it.each([
    [[], "supervise needs -- before the command"],
    [["node", "server.js"], "supervise needs -- before the command"],
    [["--"], "no command after --"],
    [["--limit", "much", "--", "node"], "is not a size"],
    [["--instances", "0", "--", "node"], "--instances needs a number from 1 to 256"],
    [["--drain", "soon", "--", "node"], "--drain needs a time"],
    [["--restart-after", "1.5", "--", "node"], "a number of requests such as 1000, or a time such as 2h"],
    [["--restart-after", "0", "--", "node"], "a number of requests such as 1000"],
    [["--limt", "1mb", "--", "node"], "Did you mean --limit?"],
  ])("%j are refused with a command that works", (args, words) => {
    const refused = expect.objectContaining({
      message: expect.stringContaining(words) as string,
      details: expect.objectContaining({ example: expect.stringMatching(/^plimsoll supervise/) as string }) as object,
    }) as Error;
    expect(() => parseSuperviseOptions(args)).toThrow(refused);
  });
});

describe("the program", () => {
  it("keeps its stdout, its NODE_OPTIONS and its exit code 0", async () => {
    const script = "process.stdout.write([process.env.NODE_OPTIONS, process.env.PLIMSOLL_SUPERVISED].join())";
    const env = { NODE_OPTIONS: "--max-old-space-size=100" };
    const { stdout, stderr, code } = await plimsoll(["supervise", "--", node, "-e", script], { env });
    expect(stdout).toMatch(/^--max-old-space-size=100 [^,]*,$/);
    expect(stderr).toContain("plimsoll: supervising node [eval]: 1 instance, each replaced before it reaches");
    expect(code).toBe(0);
  });

  it("that does not exist is said as such, with 127", async () => {
    const { code, stderr } = await plimsoll(["supervise", "--", "no-such-program"]);
    expect(code).toBe(127);
    expect(stderr).toContain('"no-such-program" was not started: there is no such command.');
  });

  it("may be any: one that is no Node.js program ends at SIGTERM", async () => {
    const ended = await plimsoll(["supervise", "--json", "--no-reports", "--", "sleep", "60"], {
      onStderr: (child, text) => {
        if (text.includes('"plimsoll":"start"')) child.kill("SIGTERM");
      },
    });
    expect(ended).toMatchObject({ code: null, signal: "SIGTERM" });
    expect(ended.stderr).toContain('"how":"stopped"');
  });
});

describe("words", () => {
  it("tell each replacement, and where its report is", async () => {
    const cwd = makeFolder();
    let replaced = false;
    const { stderr } = await plimsoll(["supervise", "--report-dir", "reports", "--", node, SERVER], {
      cwd,
      onStderr: (child, text) => {
        if (!replaced && text.includes("instance 1") && text.includes("is ready")) {
          replaced = true;
          child.kill("SIGUSR2");
        }
        if (/instance 1 \(pid \d+\) replaced/.test(text)) child.kill("SIGTERM");
      },
    });
    expect(stderr).toMatch(/instance 1 \(pid \d+\) is ready after .* s, listening on 127\.0\.0\.1:0/);
    expect(stderr).toContain(": SIGUSR2\n");
    expect(stderr).toMatch(/instance 1 \(pid \d+\) replaced, drained in .* s, peak .* MB\n {2}report: reports/);
    const reports = readdirSync(join(cwd, "reports"));
    expect(reports).toHaveLength(2);
    for (const name of reports)
      expect(readdirSync(join(cwd, "reports", name)).sort()).toEqual(["report.html", "report.json"]);
  });
});
