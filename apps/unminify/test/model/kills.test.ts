/**
 * Five kills of one run, and Ctrl-C: the next run goes on where the last one was.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { bundle } from "../support/bundle.ts";
import { FakeModel } from "../support/fake-model.ts";
import { KillBench } from "./kills.ts";

const folder = mkdtempSync(join(tmpdir(), "unminify-kills-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const COMMAND = join(import.meta.dirname, "../../dist/command/main.js");

it("asks nothing twice and ends with the same bytes", async () => {
  const bench = new KillBench(folder);
  await bench.prepare();
  const { faults, kills, calls } = await bench.run(5);
  expect(faults).toEqual([]);
  expect(kills).toBeGreaterThanOrEqual(3);
  expect(calls).toBeGreaterThan(40);
});

/** The command with a model; says how it ended and what it wrote to stderr. */
async function command(model: FakeModel, name: string, more: readonly string[], onAsked?: () => boolean) {
  const input = join(folder, `${name}.min.js`);
  writeFileSync(input, bundle(24));
  const options = ["--names", "llm", "--base-url", model.baseUrl, "--model", "fake", ...more];
  const child = spawn(process.execPath, [COMMAND, input, "-o", join(folder, `${name}.js`), ...options], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 60_000,
    killSignal: "SIGKILL",
    env: { ...process.env, UNMINIFY_TEST_KEY: "very-secret" },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const timer = setInterval(() => onAsked?.() && child.kill("SIGINT"), 5);
  const [code] = (await once(child, "close")) as [number | null];
  clearInterval(timer);
  return { code, stdout, stderr };
}

it("stops by Ctrl-C with a word on how to go on, and goes on", async () => {
  await using model = await FakeModel.start({ delayMs: 50 });
  let isSent = false;
  const stopped = await command(model, "stopped", ["--concurrency", "2"], () => {
    if (isSent || model.answered.length === 0 || model.questions.length < 5) return false;
    isSent = true;
    return true;
  });
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toMatch(/Stopped while the model was asked\..*stopped\.js\.answers.*--resume/);
  expect(existsSync(join(folder, "stopped.js"))).toBe(false);
  const refused = await command(model, "stopped", []);
  expect([refused.code, refused.stderr]).toEqual([64, expect.stringContaining("give --resume")]);
  const resumed = await command(model, "stopped", ["--resume", "--json"]);
  expect(resumed.code).toBe(0);
  expect(resumed.stderr).toMatch(/\d+ are answered already: about .* tokens to send/);
  const { results } = JSON.parse(resumed.stdout) as { results: { model: { named: number; bindings: number } }[] };
  expect(results[0]?.model.named).toBe(results[0]?.model.bindings);
  expect(readFileSync(join(folder, "stopped.js"), "utf8")).not.toBe("");
  expect(existsSync(join(folder, "stopped.js.answers"))).toBe(false);
});

it("fails without a word of the question or the key", async () => {
  await using model = await FakeModel.start({ fault: () => "refusal" });
  const { code, stderr } = await command(model, "refused", ["--api-key-env", "UNMINIFY_TEST_KEY"]);
  expect(model.questions[0]?.authorization).toBe("Bearer very-secret");
  expect(code).toBe(69);
  expect(stderr).toMatch(/The model does not answer: it answered 401\./);
  expect(stderr).not.toMatch(/very-secret|function|\$\d/);
});

it.each([
  [["--names", "magic"], /--names is offline or llm/],
  [["--names", "llm"], /needs --base-url and --model/],
  [["--resume"], /--resume is of use only with --names llm/],
  [["--adaptive-batching"], /--adaptive-batching is of use only with --names llm/],
  [["--names", "llm", "--base-url", "x", "--model", "y", "--adaptive-batching=much"], /is a share such as 80%/],
  [["--names", "llm", "--base-url", "x", "--model", "y", "--max-time", "soon"], /--max-time is a time/],
  [["--names", "llm", "--base-url", "x", "--model", "y", "--api-key-env", "NO_SUCH_KEY"], /has no NO_SUCH_KEY/],
] as const)("says what is wrong with %j", async (args, message) => {
  const { readOptions } = await import("../../src/command/options.ts");
  expect(() => readOptions(["in.js", ...args])).toThrow(message);
});

it.each([
  [["--adaptive-batching"], 0.8],
  [["--adaptive-batching", "65%"], 0.65],
  [["--adaptive-batching=90%"], 0.9],
  [[], undefined],
])("takes %j", async (args, adaptiveShare) => {
  const { readOptions } = await import("../../src/command/options.ts");
  const { inputs, model } = readOptions([...args, "in.js", "--names", "llm", "--base-url", "x", "--model", "y"]);
  expect([inputs, model?.adaptiveShare]).toEqual([["in.js"], adaptiveShare]);
});
