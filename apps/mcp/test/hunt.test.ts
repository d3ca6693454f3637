/**
 * The built server, asked over stdio as an agent asks it: a hunt from start to holder by the tools alone, what it refuses, what it never
 * shows, what it takes.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AnswerPage } from "../src/answer/answer.ts";
import { Agent, factOf } from "./support/client.ts";

const LEAK = join(import.meta.dirname, "fixtures", "stepwise-leak.mjs");
/** No pattern finds this one: only what is never read is never shown. */
const PLAIN = "swordfishcanary";
const TOKEN = "sk_live_4f9a8c7b6d5e";
const MOST_RSS = 150 * 2 ** 20;
const STATE_MS = { timeout: 20_000 };

let folder: string;
let agent: Agent;
const answers: string[] = [];

async function ask(name: string, args: Record<string, unknown> = {}): Promise<AnswerPage> {
  const { text, isError, page } = await agent.call(name, args);
  answers.push(text);
  if (isError || !page) throw new Error(`${name}: ${text}`);
  return page;
}

async function refusal(name: string, args: Record<string, unknown> = {}): Promise<string> {
  const { text, isError } = await agent.call(name, args);
  answers.push(text);
  if (!isError) throw new Error(`${name} did it: ${text}`);
  expect(text.split("\n").length).toBeLessThanOrEqual(6);
  return text;
}

function rssOf(pid: number): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "plimsoll-mcp-test-"));
  agent = await Agent.start();
});

afterAll(async () => {
  await agent[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

describe("a hunt", () => {
  let pid: number;
  let stepsFile: string;

  async function leakMore(steps: number): Promise<void> {
    process.kill(pid, "SIGUSR2");
    await expect.poll(() => readFileSync(stepsFile, "utf8"), STATE_MS).toBe(String(steps));
  }

  it("starts a program whose every corner holds a secret", async () => {
    const place = join(folder, `data-${TOKEN}`);
    mkdirSync(place);
    const program = join(place, `server-${TOKEN}.mjs`);
    copyFileSync(LEAK, program);
    stepsFile = join(place, "steps");
    const command = ["node", program, stepsFile, PLAIN, `--password=${PLAIN}`, TOKEN];
    const page = await ask("start_process", {
      command,
      cwd: place,
      env: { DATABASE_PASSWORD: PLAIN, API_TOKEN: TOKEN },
    });
    pid = Number(/pid (\d+)/.exec(page.summary)?.[1]);
    expect(factOf(page, "w1")).toContain("seen from inside");
    await expect.poll(() => existsSync(stepsFile), STATE_MS).toBe(true);
  });

  it("predicts before it captures", async () => {
    const page = await ask("capture_heap", { watch: "w1" });
    expect(page.summary).toMatch(/^Nothing was done yet/);
    expect(page.facts.find(({ id }) => id === "predicted_pause")?.value).toBeGreaterThan(0);
    expect(readdirSync(agent.dir).filter((file) => file.endsWith(".heapsnapshot"))).toEqual([]);
    expect(await refusal("capture_heap", { watch: "w1", maxPauseSeconds: 0.01 })).toMatch(
      /next: capture_heap .*"maxPauseSeconds":\d+.*else allocation_hot_spots/,
    );
  });

  it("finds the holder with three snapshots, and the way to it", async () => {
    await ask("capture_heap", { watch: "w1", confirm: true });
    await leakMore(2);
    await ask("capture_heap", { watch: "w1", confirm: true });
    await leakMore(3);
    const last = await ask("capture_heap", { watch: "w1", confirm: true });
    expect(last.next[0]).toBe('compare_heaps {"first":"s1","between":"s2","last":"s3"}');
    const compared = await ask("compare_heaps", { first: "s1", between: "s2", last: "s3" });
    expect(compared.summary).toMatch(/^LEAK: Map sessions in /);
    const object = Number(/@(\d+)/.exec(factOf(compared, "suspect.1"))?.[1]);
    const path = await ask("retaining_path", { snapshot: "s3", object });
    expect(factOf(path, "retainer.1")).toMatch(/variable sessions/);
    expect((await ask("heap_suspects", { snapshot: "s3" })).summary).toMatch(/Map sessions/);
    expect((await ask("duplicate_strings", { snapshot: "s3" })).facts.length).toBeGreaterThan(0);
  });

  it("answers every other question", async () => {
    for (const name of [
      "memory_summary",
      "limits",
      "growth_between",
      "allocation_hot_spots",
      "diagnose_growth",
      "native_heap",
      "trend",
    ]) {
      const page = await ask(name, { watch: "w1" });
      expect(page.how.length).toBeGreaterThan(20);
      expect(page.recheck.length).toBeGreaterThan(5);
    }
    await ask("native_heap", { watch: "w1" });
    await ask("trend");
    await ask("list_processes");
    await ask("list_snapshots");
  });

  it("gives further pages until the last", async () => {
    let page = await ask("heap_suspects", { snapshot: "s3" });
    for (let pages = 0; page.cursor !== undefined && pages < 30; pages += 1)
      page = await ask("more", { cursor: page.cursor });
    expect(page.cursor).toBeUndefined();
  });

  it("tells progress, and stops when it is cancelled", async () => {
    const stages: string[] = [];
    const onprogress = ({ message = "" }: { message?: string }): void => void stages.push(message);
    const controller = new AbortController();
    const call = agent.client.callTool(
      { name: "diagnose_growth", arguments: { watch: "w1", waitSeconds: 200 } },
      undefined,
      {
        onprogress,
        signal: controller.signal,
        timeout: 240_000,
      },
    );
    await expect.poll(() => stages.length, STATE_MS).toBeGreaterThan(0);
    controller.abort("enough");
    await expect(call).rejects.toThrow(/enough/);
    const audit = join(agent.dir, "audit.ndjson");
    await expect.poll(() => readFileSync(audit, "utf8").includes('"cancelled"'), STATE_MS).toBe(true);
  });

  it("acts only where it was allowed to", async () => {
    for (const name of ["force_gc", "trim", "drain", "restart"]) {
      expect(await refusal(name, { watch: "w1" })).toContain("--allow act");
    }
    const { tools } = await agent.client.listTools();
    const changing = tools.filter(({ annotations }) => annotations?.readOnlyHint !== true).map(({ name }) => name);
    expect(changing.toSorted()).toEqual([
      "attach",
      "capture_heap",
      "drain",
      "force_gc",
      "restart",
      "start_process",
      "stop_watching",
      "trim",
    ]);
  });

  it("has shown no secret, in no answer and no log, and no answer above 2 KB", () => {
    const everything = [...answers, readFileSync(join(agent.dir, "audit.ndjson"), "utf8")].join("\n");
    expect(answers.length).toBeGreaterThan(25);
    expect(everything).not.toContain(PLAIN);
    expect(everything).not.toContain(TOKEN);
    // The search itself would find one.
    expect(readFileSync(`/proc/${pid}/environ`, "utf8")).toContain(PLAIN);
    expect(agent.largest).toBeLessThanOrEqual(2048);
  });

  it("keeps its files to itself, and ends what it has started", async () => {
    const open = readdirSync(agent.dir).filter((file) => (statSync(join(agent.dir, file)).mode & 0o077) !== 0);
    expect(open).toEqual([]);
    expect(rssOf(agent.pid)).toBeLessThan(MOST_RSS);
    await ask("stop_watching", { watch: "w1" });
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });
});

describe("with every grant", () => {
  it("acts, says what it was worth, shows texts, and knows the history of the server before", async () => {
    await using other = await Agent.start({ args: ["--allow", "act,strings"], dir: agent.dir });
    const steps = join(folder, "steps-of-the-other");
    const started = await other.ask("start_process", { command: ["node", LEAK, steps, PLAIN] });
    const pid = Number(/pid (\d+)/.exec(started.summary)?.[1]);
    await expect.poll(() => existsSync(steps), STATE_MS).toBe(true);
    expect((await other.ask("force_gc", { watch: "w1" })).summary).toMatch(/^A forced collection/);
    expect((await other.ask("trim", { watch: "w1" })).summary).toMatch(/^malloc_trim/);
    await other.ask("capture_heap", { watch: "w1", confirm: true });
    const texts = await other.ask("duplicate_strings", { snapshot: "s1" });
    expect(factOf(texts, "text.1")).toMatch(/: ".+"$/);
    const restarted = await other.ask("restart", { watch: "w1" });
    expect(restarted.summary).toMatch(/it is w2 \(pid \d+\) now/);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect((await other.ask("drain", { watch: "w2" })).summary).toMatch(/ended with SIGTERM/);
    const page = await other.ask("trend");
    expect(page.facts.some(({ says }) => says.startsWith("node […]"))).toBe(true);
  });
});
