/** The command as it is installed: output, progress, errors that say what to do, resumption after a signal, and the timeline. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { availableNodes } from "../../../test/support/nodes.ts";
import { readOptions } from "../src/command/options.ts";
import { describe as line } from "../src/command/progress-line.ts";
import { Executor } from "../src/index.ts";

const COMMAND = join(import.meta.dirname, "../bin/workflow.js");
let folder = "";

const FLOW = `
import { map, tool, Workflow } from "@plimsoll/workflow";
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

export const input: { count: number } = { count: 5 };
const square = tool({
  run: async (n: number) => {
    if (n === 3 && process.env.FAILS) throw new Error("three is not allowed");
    appendFileSync("ran", n + "\\n");
    await sleep(Number(process.env.SLEEP_MS ?? 0));
    return n * n;
  },
});
export default new Workflow<{ count: number }>({ name: "squares" })
  .addNode("squares", map({ items: ({ count }: { count: number }) => Array.from({ length: count }, (_, n) => n), each: square, concurrency: 1 }))
  .returns("squares");
`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "workflow-command-"));
  writeFileSync(join(folder, "flow.ts"), FLOW);
  writeFileSync(join(folder, "broken.ts"), "export default 1 +;\n");
  writeFileSync(join(folder, "none.ts"), "export const x = 1;\n");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function workflow(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  node: string = process.execPath,
) {
  const options = {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
    killSignal: "SIGKILL",
    env: { ...process.env, ...env },
  } as const;
  const { status, stdout, stderr } = spawnSync(node, [COMMAND, ...args], options);
  return { status, stdout, stderr };
}

describe("workflow", () => {
  it.each(availableNodes())("runs a file on Node.js $version, and leaves nothing behind", ({ path }) => {
    const { status, stdout, stderr } = workflow(["run", "flow.ts", "--limit", "1gb"], {}, path);
    expect({ status, output: JSON.parse(stdout) }).toEqual({ status: 0, output: [0, 1, 4, 9, 16] });
    expect(stderr).toMatch(/^workflow: 6 nodes and items in [\d.]+ s; peak memory \d+ MB\n$/);
    expect(readdirSync(join(folder, ".workflow"))).toEqual([]);
  });

  it("answers with one JSON object, on another input, with a timeline", () => {
    const args = ["run", "flow.ts", "--json", "--quiet", "--input", '{"count":2}', "--timeline", "page.html"];
    const { status, stdout, stderr } = workflow(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ workflow: "squares", output: [0, 1], finished: 3, resumed: 0 });
    const page = readFileSync(join(folder, "page.html"), "utf8");
    expect(page).toContain("<h1>squares</h1>");
    expect(page).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
    expect(statSync(join(folder, "page.html")).size).toBeLessThan(500_000);
  });

  it("draws a workflow", () => {
    expect(workflow(["show", "flow.ts"]).stdout).toBe('flowchart TD\n  squares[/"squares: for each"/]\n');
  });

  it("names the node that fails, and goes on from there", () => {
    rmSync(join(folder, "ran"), { force: true });
    const { status, stderr } = workflow(["run", "flow.ts"], { FAILS: "1" });
    expect(status).toBe(65);
    expect(stderr).toContain('The node "squares[3]" failed: three is not allowed.');
    const [, again = ""] = /Go on with: npx workflow (.*)/.exec(stderr) ?? [];
    const resumed = workflow(again.split(" "));
    expect(JSON.parse(resumed.stdout)).toEqual([0, 1, 4, 9, 16]);
    expect(resumed.stderr).toMatch(/6 nodes and items, 3 of them before/);
    expect(readFileSync(join(folder, "ran"), "utf8")).toBe("0\n1\n2\n3\n4\n");
  });

  it("stops when it is told to, and goes on", async () => {
    rmSync(join(folder, "ran"), { force: true });
    const child = spawn(process.execPath, [COMMAND, "run", "flow.ts", "--input", '{"count":50}'], {
      cwd: folder,
      env: { ...process.env, SLEEP_MS: "40" },
      timeout: 60_000,
      killSignal: "SIGKILL",
      stdio: ["ignore", "ignore", "pipe"],
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const closed = once(child, "close");
    await expect
      .poll(() => existsSync(join(folder, "ran")) && statSync(join(folder, "ran")).size > 6, { timeout: 20_000 })
      .toBe(true);
    child.kill("SIGINT");
    expect(await closed).toEqual([130, null]);
    const [, again = ""] = /Go on with: npx workflow (.*)/.exec(stderr) ?? [];
    expect(JSON.parse(workflow(again.split(" ")).stdout)).toHaveLength(50);
  });

  it.each([
    [[], 64, "Give a command."],
    [["run", "flow.ts", "--limit", "much"], 64, "limit:"],
    [["run", "flow.ts", "--resume", "nothing"], 64, "There is no run nothing."],
    [["run", "broken.ts"], 65, "broken.ts:1:18 cannot be loaded:"],
    [["run", "none.ts"], 65, "none.ts has no default export."],
  ])("explains %j", (args, code, words) => {
    const { status, stdout, stderr } = workflow(args);
    expect(stderr).toContain(words);
    expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(6);
    expect({ status, stdout }).toEqual({ status: code, stdout: "" });
  });

  it.each([
    [["fly"], 'There is no command "fly".'],
    [["run"], "Give the file of a workflow."],
    [["run", "a.ts", "b.ts"], '"b.ts" is one too many'],
    [["run", "flow.ts", "--speed", "9"], "--speed"],
    [["run", "flow.ts", "--input", "{"], "--input:"],
    [["run", "flow.ts", "--profile", "fast"], "--profile is one of"],
    [["run", "flow.ts", "--max-concurrency", "0"], "--max-concurrency is a number from 1"],
    [["run", "flow.ts", "--resume", "x", "--no-checkpoints"], "--resume needs checkpoints"],
    [["run", "flow.ts", "--resume", "x", "--input", "1"], "leave --input out"],
  ])("refuses %j", (args, words) => {
    expect(() => readOptions(args)).toThrow(words);
  });

  it("says how far it is in one line", async () => {
    await using executor = new Executor();
    const progress = { id: "r", finished: 1200, resumed: 0, total: 10_000, remainingMs: 65_200 };
    expect(line(progress, executor.status(), 100 * 2 ** 20, 256 * 2 ** 20)).toBe(
      "workflow: 1,200 of 10,000, 66 s left; memory 100 MB of 256 MB; 0 at once",
    );
  });
});
