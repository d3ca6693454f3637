/**
 * Names from a model that times out, answers garbage, repeats itself, has had enough, and cannot spell.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type ModelOptions, namesFromModel, type ModelSummary } from "../../src/model/names-from-model.ts";
import { proposeNames } from "../../src/naming/offline-names.ts";
import { unminify } from "../../src/unminify.ts";
import { bundle } from "../support/bundle.ts";
import { FakeModel, type FakeOptions, nameFor } from "../support/fake-model.ts";

const folder = mkdtempSync(join(tmpdir(), "unminify-model-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let runs = 0;

/** Runs with a fake endpoint; returns what was written and what the endpoint saw. */
async function run(text: string, behaviour: FakeOptions, options: Partial<ModelOptions> = {}) {
  await using model = await FakeModel.start(behaviour);
  const output = join(folder, `out${runs++}.js`);
  const input = `${output}.in`;
  writeFileSync(input, text);
  let summary: ModelSummary | undefined;
  const result = await unminify(input, output, {
    names: async (analysis, source) => {
      const said = await namesFromModel(
        { baseUrl: model.baseUrl, model: "fake", timeoutMs: 20_000, journalPath: `${output}.answers`, ...options },
        analysis,
        source,
        proposeNames(analysis),
      );
      summary = said.summary;
      return said.names;
    },
  });
  if (summary === undefined) throw new Error("no summary");
  return { model, result, summary, written: readFileSync(output, "utf8"), journal: `${output}.answers` };
}

const TEXT = bundle(12);
const plain = run(TEXT, {});

describe("a model that answers", () => {
  it("names everything, 40 bindings a call, with 3 KB of code at most", async () => {
    const { model, result, summary, written } = await plain;
    expect(summary).toMatchObject({ isComplete: true, failedCalls: 0, named: summary.bindings });
    expect(result.evidence["model"]).toBe(summary.bindings);
    expect(summary.calls).toBe(Math.ceil(summary.bindings / 40));
    expect(model.questions.length).toBe(summary.calls);
    for (const { context, labels } of model.questions) {
      expect(Buffer.byteLength(context)).toBeLessThanOrEqual(3072);
      for (const label of labels) expect(context).toContain(label);
    }
    const [first] = model.questions;
    expect(written).toContain(nameFor(first?.labels[0] ?? ""));
  });

  it("is asked for outer bindings first", async () => {
    const { model } = await run(`(function(a){function b(c){return function(d){return a+c+d}}return b})()`, {});
    expect(model.questions.map(({ labels }) => labels.map((label) => label.replace(/\$.*/, "")))).toEqual([
      ["a", "b", "c", "d"],
    ]);
  });

  it("is sent the key, and characters as they are", async () => {
    const { model } = await run("(function(){var a='größe 名';return a})()", {}, { apiKey: "secret" });
    expect(model.questions[0]?.authorization).toBe("Bearer secret");
    expect(model.questions[0]?.context).toContain("='größe 名'");
  });

  it("is not asked at all above the price, and leaves nothing behind", async () => {
    const before = readdirSync(folder).filter((name) => name.endsWith(".answers"));
    await expect(run(TEXT, {}, { maxTokens: 100 })).rejects.toThrow(/about \d+ tokens, more than the 100/);
    expect(readdirSync(folder).filter((name) => name.endsWith(".answers"))).toEqual(before);
  });

  it("is told of once: the cache answers the next run", async () => {
    const cacheFolder = join(folder, "cache");
    const first = await run(TEXT, {}, { cacheFolder });
    const second = await run(TEXT, {}, { cacheFolder });
    expect(second.model.questions).toEqual([]);
    expect(second.written).toBe(first.written);
    const other = await run(`${TEXT};`, {}, { cacheFolder });
    expect(other.model.questions.length).toBe(other.summary.calls);
  });
});

describe("calls that adapt", () => {
  const most = ({ model }: Awaited<ReturnType<typeof run>>): number =>
    Math.max(...model.questions.map(({ labels }) => labels.length));

  it("ask for half as many names where memory is short, and come to the same", async () => {
    const short = await run(TEXT, {}, { adaptiveShare: 0.8, maxMemoryBytes: 2 ** 20 });
    expect(most(short)).toBe(20);
    expect(short.written).toBe((await plain).written);
    expect(short.summary).toMatchObject({ isComplete: true, failedCalls: 0 });
    const ample = await run(TEXT, {}, { adaptiveShare: 0.8, maxMemoryBytes: 2 ** 40 });
    expect(most(ample)).toBe(40);
    expect(ample.summary.requests).toBe(ample.summary.calls);
  });

  it("ask for half as many where an answer to all is none", async () => {
    const isLong = (body: string): boolean => (body.match(/"type":"string"/g) ?? []).length > 20;
    const halved = await run(
      TEXT,
      { fault: (_, body) => (isLong(body) ? "refusal" : undefined) },
      { adaptiveShare: 0.8 },
    ).catch((error: unknown) => error);
    // The first call fails for good: nothing says that a smaller one would not.
    expect(String(halved)).toMatch(/The model does not answer/);
    let isFirst = true;
    const later = await run(
      TEXT,
      {
        fault: (_, body) => {
          if (isFirst || !isLong(body)) return ((isFirst = false), undefined);
          return "refusal";
        },
      },
      { adaptiveShare: 0.8, concurrency: 1 },
    );
    expect(later.summary.isComplete).toBe(true);
    expect(later.written).toBe((await plain).written);
  });
});

describe.concurrent("a model that fails", () => {
  it.each([
    ["errors", "error"],
    ["garbage", "garbage"],
    ["truncated JSON", "truncated"],
    ["rate limits", "busy"],
    ["broken connections", "cut off"],
    ["words around the JSON", "wordy"],
  ] as const)("in between by %s changes nothing in the end", async (_what, fault) => {
    const { written, summary } = await run(TEXT, { fault: (request) => (request % 3 === 1 ? fault : undefined) });
    expect(written).toBe((await plain).written);
    expect(summary.isComplete).toBe(true);
    expect(summary.requests).toBeGreaterThanOrEqual(summary.calls);
  });

  it("by never answering is given up on and asked again", async () => {
    const { written, summary } = await run(
      TEXT,
      { fault: (request) => (request === 1 ? "hang" : undefined) },
      { timeoutMs: 300 },
    );
    expect(written).toBe((await plain).written);
    expect(summary.requests).toBe(summary.calls + 1);
  });

  it("is left alone for as long as it says", async () => {
    const { model } = await run(
      TEXT,
      { fault: (request) => (request === 0 ? "busy" : undefined), retryAfter: "1" },
      {
        concurrency: 1,
      },
    );
    const [first, second] = model.questions;
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it("by the same name for all, or by what is no name, leaves the offline names", async () => {
    const offline = await unminifyOffline(TEXT);
    for (const fault of ["same name", "bad names"] as const) {
      const { written, summary } = await run(TEXT, { fault: () => fault });
      expect(summary).toMatchObject({ named: 0, isComplete: true });
      expect(written).toBe(offline);
    }
  });

  it("for good says why without question and key, and goes on later where it stopped", async () => {
    const journalPath = join(folder, "later.answers");
    const failing = run(
      TEXT,
      { fault: (request) => (request < 2 ? undefined : "refusal") },
      { journalPath, apiKey: "secret", concurrency: 1 },
    );
    const { summary, model } = await failing;
    expect(summary).toMatchObject({ isComplete: false, answeredCalls: 2 });
    expect(model.questions.length).toBe(summary.calls);
    await expect(run(TEXT, {}, { journalPath })).rejects.toThrow(/give --resume/);
    await expect(run(`${TEXT};`, {}, { journalPath, mayResume: true })).rejects.toThrow(/another input or model/);
    const resumed = await run(TEXT, {}, { journalPath, mayResume: true });
    expect(resumed.written).toBe((await plain).written);
    expect(resumed.model.questions.length).toBe(summary.calls - 2);
    await expect(run(TEXT, { fault: () => "refusal" }, { apiKey: "secret" })).rejects.toThrow(
      /^The model does not answer: it answered 401\.(?!.*secret)/,
    );
  });

  it("because it takes no temperature is asked without", async () => {
    const fault = (_: number, body: string) => (body.includes("temperature") ? "too cool" : undefined);
    const { written, summary } = await run(TEXT, { fault }, { concurrency: 1 });
    expect(written).toBe((await plain).written);
    expect(summary.requests).toBe(summary.calls + 1);
    await expect(run(TEXT, { fault: () => "too cool" })).rejects.toThrow(
      /it answered 400 \(unsupported_value: temperature\)\.(?!.*secret)/,
    );
  });

  it("where none is", async () => {
    await expect(run(TEXT, {}, { baseUrl: "localhost" })).rejects.toThrow(/--base-url is no http or https URL/);
  });

  it("by being too slow is left at the time limit, and the rest keeps its offline names", async () => {
    const { summary } = await run(TEXT, { fault: (request) => (request < 1 ? undefined : "hang") }, { maxTimeMs: 700 });
    expect(summary).toMatchObject({ isComplete: false, answeredCalls: 1 });
  });
});

describe("a journal", () => {
  it("is cut where a line is broken, and the calls behind it are made again", async () => {
    const journalPath = join(folder, "broken.answers");
    await run(TEXT, {}, { journalPath });
    const whole = readFileSync(journalPath);
    expect(statSync(journalPath).mode & 0o777).toBe(0o600);
    const lines = whole.toString("utf8").split("\n").length - 2;
    for (const [length, calls] of [
      [whole.length, 0],
      [whole.length - 1, 1],
      [whole.length - 20, 1],
      [30, lines],
      [0, lines],
    ] as const) {
      writeFileSync(journalPath, whole.subarray(0, length));
      const { model, written } = await run(TEXT, {}, { journalPath, mayResume: true });
      expect([length, model.questions.length]).toEqual([length, calls]);
      expect(written).toBe((await plain).written);
    }
    const flipped = Buffer.from(whole);
    flipped[whole.length - 10] = (flipped[whole.length - 10] ?? 0) ^ 1;
    writeFileSync(journalPath, flipped);
    const { model } = await run(TEXT, {}, { journalPath, mayResume: true });
    expect(model.questions.length).toBe(1);
    expect(existsSync(journalPath)).toBe(true);
  });
});

async function unminifyOffline(text: string): Promise<string> {
  const input = join(folder, "offline.in.js");
  writeFileSync(input, text);
  await unminify(input, join(folder, "offline.js"));
  return readFileSync(join(folder, "offline.js"), "utf8");
}
