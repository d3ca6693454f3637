/** What `plimsoll run` says while a program runs and when it has ended. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findHeaptrack } from "../../src/cli/heaptrack.ts";
import { makeFolder, plimsoll, plimsollOnTerminal, PROGRAMS } from "./plimsoll.ts";

const node = process.execPath;
const quick = [node, "-e", "setTimeout(() => {}, 200)"];

describe("--fail-on", () => {
  it("leak ends with 65 when a leak was found, and the verdict names the function", async () => {
    const cwd = makeFolder();
    const ended = await plimsoll(
      ["run", "--fail-on", "leak", "--limit", "1gb", "--", node, join(PROGRAMS, "leak.mjs")],
      { cwd },
    );
    expect(ended.stderr).toContain("LEAK in JavaScript objects");
    expect(ended.stderr).toMatch(/remember .*leak\.mjs:3/);
    expect(ended.stderr).toContain("exit code 65, because of --fail-on leak");
    expect(ended).toMatchObject({ code: 65, stdout: "" });
  });

  it("limit ends with 65 when the limit was reached", async () => {
    const reached = await plimsoll(["run", "--fail-on", "leak,limit", "--limit", "10mb", "--", ...quick]);
    expect(reached.stderr).toContain("exit code 65, because of --fail-on limit");
    expect(reached.code).toBe(65);
    expect(await plimsoll(["run", "--fail-on", "leak,limit", "--limit", "9gb", "--", ...quick])).toMatchObject({
      code: 0,
    });
  });

  it("leaves a failing program its own code", async () => {
    const failing = ["run", "--fail-on", "limit", "--limit", "10mb", "--", node, "-e", "process.exitCode = 3"];
    expect(await plimsoll(failing)).toMatchObject({ code: 3 });
  });
});

describe("--native", () => {
  const zlib = [
    node,
    "-e",
    "const z = require('zlib'); globalThis.a = Array.from({ length: 50 }, () => z.createGzip())",
  ];

  it("merges heaptrack's top stacks where it is installed, and else says how to install it", async () => {
    const ended = await plimsoll(["run", "--native", "--", ...zlib]);
    expect(ended.stdout).toBe("");
    if (findHeaptrack() === undefined) {
      expect(ended).toMatchObject({
        code: 64,
        stderr: expect.stringMatching(/not installed[^]*try: sudo .*heaptrack/),
      });
    } else {
      expect(ended).toMatchObject({
        code: 0,
        stderr: expect.stringMatching(/native +heaptrack: not freed at the end/),
      });
    }
  });

  it("without heaptrack starts nothing", async () => {
    const ended = await plimsoll(["run", "--native", "--", node, "-e", "console.log(1)"], {
      env: { PATH: "/nowhere" },
    });
    expect(ended).toMatchObject({ code: 64, stdout: "", stderr: expect.stringContaining("Nothing was started") });
  });
});

describe("without a terminal", () => {
  it("first says what is watched against which limit, then the verdict", async () => {
    const { stderr } = await plimsoll(["run", "--limit", "512mb", "--", ...quick]);
    expect(stderr).toMatch(/^plimsoll: watching node \[eval\], pid \d+; limit 512 MB \(--limit 512mb\)\n/);
    expect(stderr).toMatch(/\nplimsoll: too soon to judge after .*: ended with code 0; peak .* of 512 MB\n$/);
    expect(stderr).not.toContain("\u001b");
  });

  it("says nothing but the verdict with --quiet", async () => {
    const { stderr } = await plimsoll(["run", "--quiet", "--", ...quick]);
    expect(stderr).toMatch(/^plimsoll: too soon to judge[^\n]*\n$/);
  });

  it("speaks JSON lines with --json", async () => {
    const { stderr } = await plimsoll(["run", "--json", "--", ...quick]);
    const events = stderr
      .trimEnd()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(events).toEqual([
      expect.objectContaining({ plimsoll: "start", command: "node [eval]", pid: expect.any(Number) }),
      expect.objectContaining({
        plimsoll: "end",
        exit: expect.objectContaining({ code: 0 }),
        report: expect.stringContaining("report.html"),
      }),
    ]);
  });

  it("colours only when told to", async () => {
    expect((await plimsoll(["run", "--bad"], { env: { FORCE_COLOR: "1" } })).stderr).toContain("\u001b[31m");
    expect((await plimsoll(["run", "--bad"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } })).stderr).not.toContain(
      "\u001b",
    );
    expect((await plimsoll(["run", "--bad"], { env: { FORCE_COLOR: "0" } })).stderr).not.toContain("\u001b");
  });

  it("leaves argument values out of the report", async () => {
    const cwd = makeFolder();
    await plimsoll(["run", "--report-dir", "out", "--", node, "-e", "0", "--", "--token=hush-hush"], { cwd });
    for (const name of ["report.json", "report.html"])
      expect(readFileSync(join(cwd, "out", name), "utf8")).not.toContain("hush");
  });
});

describe("on a terminal", () => {
  it("gives it back as it was: no scroll region, nothing of ours below the cursor", async () => {
    const { text } = await plimsollOnTerminal(["run", "--", node, join(PROGRAMS, "lines.mjs")]);
    expect(text).toContain("\u001b[1;18r");
    expect(text.lastIndexOf("\u001b[r")).toBeGreaterThan(text.lastIndexOf("\u001b[1;18r"));
    expect(text.lastIndexOf("too soon to judge")).toBeGreaterThan(text.lastIndexOf("\u001b[r"));
  });

  it.each([
    ["it is low", { rows: 20 }],
    ["it is narrow", { columns: 50 }],
    ["it is dumb", { env: { TERM: "dumb" } }],
    ["it belongs to a CI machine", { env: { CI: "true" } }],
  ])("draws nothing when %s", async (_, options) => {
    const { text } = await plimsollOnTerminal(["run", "--", ...quick], options);
    expect(text).not.toContain("waterline");
    expect(text).toContain("too soon to judge");
  });

  it("follows its size, down to where there is no room for it and up again", async () => {
    const sizes: [columns: number, rows: number][] = [
      [120, 40],
      [100, 15],
      [80, 30],
    ];
    const { text } = await plimsollOnTerminal(["run", "--", node, join(PROGRAMS, "lines.mjs")], {
      onText: (terminal, seen) => {
        const line = /line (\d+) =*\r\n$/.exec(seen)?.[1];
        if (line === undefined || Number(line) < (4 - sizes.length) * 12) return;
        const [columns, rows] = sizes.shift() ?? [];
        if (columns !== undefined && rows !== undefined) terminal.resize(columns, rows);
      },
    });
    // oxlint-disable-next-line no-control-regex
    const regions = [...text.matchAll(/\u001b\[1;(\d+)r/g)].map(([, rows]) => Number(rows));
    expect(regions.filter((rows, index) => rows !== regions[index - 1])).toEqual([18, 28, 18]);
  });
});
