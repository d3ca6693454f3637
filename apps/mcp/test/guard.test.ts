/** What the built server does not do: answer for other users, fall over wrong questions, harm a program that it looks into. */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Agent, factOf } from "./support/client.ts";
import { malformedLines } from "./support/malformed.ts";
import { RawServer } from "./support/raw-stdio.ts";

const LEAK = join(import.meta.dirname, "fixtures", "stepwise-leak.mjs");
/** On every Debian. */
const NOBODY = 65_534;
const MOST_RSS = 150 * 2 ** 20;
const STATE_MS = { timeout: 20_000 };

let folder: string;
let agent: Agent;

async function refusal(name: string, args: Record<string, unknown>): Promise<string> {
  const { text, isError } = await agent.call(name, args);
  if (!isError) throw new Error(`${name} did it: ${text}`);
  expect(text.split("\n").length).toBeLessThanOrEqual(6);
  return text;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "plimsoll-mcp-guard-"));
  agent = await Agent.start();
});

afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

describe("processes of others", () => {
  const isRoot = process.geteuid?.() === 0;

  it("are not told of, not even to root", async () => {
    // Root starts one of another user; whoever is not root finds one that runs always.
    const child = isRoot
      ? spawn("sleep", ["60"], { uid: NOBODY, cwd: "/", stdio: "ignore", timeout: 60_000 })
      : undefined;
    const pid = child?.pid ?? 1;
    const tools = { memory_summary: { pid }, attach: { pid }, limits: { pid }, native_heap: { pid } };
    for (const [name, args] of Object.entries(tools)) {
      expect(await refusal(name, args)).toMatch(/belongs to user \d+; this server answers for user \d+ alone/);
    }
    child?.kill("SIGKILL");
  });

  it("that somebody else has started are entered, watched, and left as they were", async () => {
    const steps = join(folder, "steps-of-a-stranger");
    const child = spawn(process.execPath, [LEAK, steps], {
      stdio: "ignore",
      timeout: 60_000,
      killSignal: "SIGKILL",
    });
    await expect.poll(() => existsSync(steps), STATE_MS).toBe(true);
    const outside = await agent.ask("attach", { pid: child.pid, enter: false });
    expect(outside.summary).toMatch(/from outside only/);
    const page = await agent.ask("attach", { pid: child.pid });
    const watch = page.facts[0]?.id;
    expect(factOf(page, String(watch))).toContain("seen from inside");
    expect((await agent.ask("memory_summary", { watch })).facts.some(({ id }) => id === "heap_used")).toBe(true);
    await agent.ask("stop_watching", { watch });
    expect(child.exitCode).toBeNull();
    child.kill("SIGKILL");
  });
});

describe("a program that dies", () => {
  it("leaves the cause of its end with the server", async () => {
    const grow =
      "setTimeout(() => { const all = []; setInterval(() => { for (let i = 0; i < 2e5; i++) all.push({ i }) }, 5) }, 500)";
    await agent.ask("start_process", { command: [process.execPath, "--max-old-space-size=30", "-e", grow] });
    const watch = (await agent.ask("list_processes")).facts[0]?.id;
    await expect
      .poll(async () => (await agent.ask("list_processes")).facts[0]?.says, STATE_MS)
      .toMatch(/ended with SIGABRT/);
    expect(factOf(await agent.ask("diagnose_growth", { watch }), "end")).toMatch(/code 134, SIGABRT/);
    expect(await refusal("memory_summary", { watch })).toMatch(/has ended.*\nnext: diagnose_growth/);
    await agent.ask("stop_watching", { watch });
  });
});

describe("wrong questions", () => {
  it.each([
    ["a process that is not there", "memory_summary", { pid: 4_194_303 }, /There is no process/],
    ["a handle that is not there", "diagnose_growth", { watch: "w77" }, /next: list_processes/],
    ["a snapshot that is not there", "heap_suspects", { snapshot: "s77" }, /next: capture_heap/],
    ["a file that is no snapshot", "open_snapshot", { file: "/etc/passwd" }, /no snapshot file/],
    ["a misspelt argument", "memory_summary", { wacth: "w1" }, /wacth/],
    ["an argument of the wrong type", "attach", { pid: "x" }, /wrong arguments at "pid"/],
    ["a tool that is not there", "free_memory", {}, /There is no tool/],
  ])("%s gets an answer that says what next", async (_what, name, args, words) => {
    const text = await refusal(name, args);
    expect(text).toMatch(words);
    expect(text).toContain("next: ");
  });

  it("are survived, five hundred of them", async () => {
    await using server = new RawServer();
    await server.initialize();
    for (const line of malformedLines(500)) await server.write(line);
    await server.write("x".repeat(3_000_000));
    const { result } = await server.request("ping", {}, "still-there");
    expect(result).toEqual({});
    expect(server.broken).toBe(0);
    expect(server.answers).toBeGreaterThan(150);
    expect(server.peakRssBytes).toBeLessThan(MOST_RSS);
  });
});
