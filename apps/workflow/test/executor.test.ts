/** Graphs of every kind of node, run for real: order, choices, maps, loops, schemas, failures that name their node. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import {
  agent,
  condition,
  Executor,
  LlmConfig,
  map,
  subWorkflow,
  tool,
  transform,
  Workflow,
  WorkflowError,
} from "../src/index.ts";
import { ModelServer } from "./support/model-server.ts";

const double = transform({ run: (value: number) => value * 2 });

describe("Executor", () => {
  it("runs a graph end to end against a model", async () => {
    await using server = await ModelServer.start();
    const workflow = new Workflow({ name: "ask", input: z.object({ topic: z.string() }) })
      .addNode("question", transform({ run: ({ topic }: { topic: string }) => `What is ${topic}?` }))
      .addNode("answer", agent<string>({ system: "Be short." }))
      .addNode("length", transform({ run: (text: string) => text.length }))
      .connect("question", "answer")
      .connect("answer", "length");
    await using executor = new Executor({ llm: LlmConfig.openai({ baseUrl: server.baseUrl, model: "m" }) });
    const { output } = await executor.execute(workflow.returns("answer"), { topic: "memory" });
    expect(output).toBe("echo: What is memory?");
    expect(server.bodies[0]?.messages).toEqual([
      { role: "system", content: "Be short." },
      { role: "user", content: "What is memory?" },
    ]);
  });

  it("gives a node the one value before it, or several by name", async () => {
    const workflow = new Workflow<number>({ name: "join" })
      .addNode("a", double)
      .addNode("b", transform({ run: (value: number) => value + 1 }))
      .addNode("sum", transform({ run: ({ a, b, input }: { a: number; b: number; input: number }) => a + b + input }))
      .connect("a", "sum")
      .connect("b", "sum")
      .connect("input", "sum")
      .returns("sum");
    await using executor = new Executor();
    expect((await executor.execute(workflow, 10)).output).toBe(20 + 11 + 10);
  });

  it("takes the edges that a condition chooses, and joins behind them", async () => {
    const workflow = new Workflow<number>({ name: "sign" })
      .addNode("sign", condition({ choose: (value: number) => (value < 0 ? "negative" : "other") }))
      .addNode("negate", transform({ run: (value: number) => -value }))
      .addNode("keep", transform({ run: (value: number) => value }))
      .addNode("join", transform({ run: (either: { negate?: number; keep?: number }) => either }))
      .connect("sign", "negate", "negative")
      .connect("sign", "keep", "other")
      .connect("negate", "join")
      .connect("keep", "join")
      .returns("join");
    await using executor = new Executor();
    expect((await executor.execute(workflow, -3)).output).toEqual({ negate: 3 });
    expect((await executor.execute(workflow, 4)).output).toEqual({ keep: 4 });
  });

  it("maps items through workflows, in order, and reduces them", async () => {
    const page = new Workflow<number>({ name: "page" })
      .addNode("fetch", tool({ run: async (id: number) => "x".repeat(id) }))
      .addNode("measure", transform({ run: (text: string) => text.length }))
      .connect("fetch", "measure")
      .returns("measure");
    const workflow = new Workflow<number>({ name: "pages" })
      .addNode("lengths", map({ items: (count: number) => Array.from({ length: count }, (_, i) => i), each: page }))
      .addNode(
        "sum",
        map({
          items: (lengths: number[]) => lengths,
          each: double,
          reduce: { initial: () => 0, step: (sum: number, value: number) => sum + value },
        }),
      )
      .connect("lengths", "sum");
    await using executor = new Executor();
    expect((await executor.execute(workflow.returns("lengths"), 5)).output).toEqual([0, 1, 2, 3, 4]);
    expect((await executor.execute(workflow.returns("sum"), 100)).output).toBe(9900);
  });

  it("repeats a workflow until it is good", async () => {
    const once = new Workflow<number>({ name: "once" }).addNode("double", double).returns("double");
    const workflow = new Workflow<number>({ name: "loop" })
      .addNode("grow", subWorkflow(once, { repeat: { until: (value) => value > 100, atMost: 20 } }))
      .returns("grow");
    await using executor = new Executor();
    expect((await executor.execute(workflow, 3)).output).toBe(192);
  });

  it("runs maps within maps", async () => {
    const row = new Workflow<number>({ name: "row" })
      .addNode("cells", map({ items: (n: number) => [n, n + 1], each: double }))
      .returns("cells");
    const workflow = new Workflow<number>({ name: "table" })
      .addNode("rows", map({ items: (n: number) => Array.from({ length: n }, (_, i) => i), each: row }))
      .returns("rows");
    await using executor = new Executor();
    expect((await executor.execute(workflow, 30)).output[29]).toEqual([58, 60]);
  });

  it.each([
    ["input", 'The input of the node "load" does not fit its schema. id:'],
    ["output", 'The output of the node "load" does not fit its schema. text:'],
    ["throws", 'The node "load" failed: no such document.'],
    ["in map", 'The node "each[2]/load" failed: no such document.'],
  ])("names the node when its %s is wrong", async (what, message) => {
    const load = tool({
      input: z.object({ id: z.number() }),
      output: z.object({ text: z.string() }),
      run: ({ id }) => {
        if (id === 2) throw new Error("no such document");
        return { text: id === 1 ? (undefined as unknown as string) : "" };
      },
    });
    const one = new Workflow<{ id: number }>({ name: "one" }).addNode("load", load).returns("load");
    const workflow = new Workflow({ name: "all" })
      .addNode("each", map({ items: () => [{ id: 0 }, { id: 0 }, { id: 2 }], each: one }))
      .returns("each");
    await using executor = new Executor();
    const inputs: Record<string, unknown> = { input: { id: "x" }, output: { id: 1 }, throws: { id: 2 } };
    const run =
      what === "in map" ? executor.execute(workflow, undefined) : executor.execute(one, inputs[what] as { id: number });
    await expect(run).rejects.toThrow(message);
    await run.catch((error: unknown) => expect(WorkflowError.is(error)).toBe(true));
  });

  it("tries again, keeps to the time, and stops when told", async () => {
    let tries = 0;
    const flaky = tool({ retries: 2, run: () => (++tries < 3 ? Promise.reject(new Error("not yet")) : tries) });
    const slow = tool({ timeoutMs: 50, run: () => new Promise<number>(() => undefined) });
    await using executor = new Executor();
    expect(
      (await executor.execute(new Workflow({ name: "a" }).addNode("flaky", flaky).returns("flaky"), undefined)).output,
    ).toBe(3);
    await expect(executor.execute(new Workflow({ name: "b" }).addNode("slow", slow), undefined)).rejects.toThrow(
      'The node "slow" took longer than its 0.05 s.',
    );
    const stop = new AbortController();
    const waits = tool({
      run: (_input: unknown, { signal }) =>
        new Promise<void>((_resolve, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason as Error));
          stop.abort();
        }),
    });
    const stopped = executor.execute(new Workflow({ name: "c" }).addNode("waits", waits), undefined, {
      signal: stop.signal,
    });
    await expect(stopped).rejects.toMatchObject({ code: "ERR_WORKFLOW_STOPPED" });
  });

  it("spills large values when they do not fit, and reads them back", async () => {
    const size = 3 * 2 ** 20;
    const workflow = new Workflow<number>({ name: "large" })
      .addNode("make", transform({ run: (n: number) => Array.from({ length: n }, (_, i) => Buffer.alloc(size, i)) }))
      .addNode("wait", transform({ run: (parts: Buffer[]) => parts.length }))
      .addNode(
        "sum",
        transform({ run: ({ make, wait }: { make: Uint8Array[]; wait: number }) => [wait, make[2]?.[5]] }),
      )
      .connect("make", "wait")
      .connect("make", "sum")
      .connect("wait", "sum")
      .returns("sum");
    await using executor = new Executor({
      profile: "memoryOptimised",
      limit: process.memoryUsage.rss() + 100 * 2 ** 20,
    });
    expect((await executor.execute(workflow, 5)).output).toEqual([5, 2]);
    const { values } = executor.status();
    expect(values).toMatchObject({ large: 1, written: 1, readBack: 2, heldBytes: 0, fileBytes: 0 });
  });

  it("lets go of large values however a run ends, and of those that nobody reads", async () => {
    const large = tool({ run: () => "x".repeat(2 ** 20) });
    const unread = new Workflow({ name: "unread" })
      .addNode("large", large)
      .addNode("small", tool({ run: () => 1 }))
      .returns("small");
    const failing = new Workflow({ name: "failing" })
      .addNode("large", map({ items: () => [1, 2, 3], each: large }))
      .addNode("fails", tool({ run: () => Promise.reject(new Error("no")) }))
      .connect("large", "fails");
    for (const limit of [64, 600]) {
      await using executor = new Executor({ limit: process.memoryUsage.rss() + limit * 2 ** 20 });
      expect((await executor.execute(unread, undefined)).output).toBe(1);
      await expect(executor.execute(failing, undefined)).rejects.toThrow('The node "fails" failed: no.');
      expect(executor.status().values).toMatchObject({ large: 5, heldBytes: 0, fileBytes: 0 });
    }
  });
});
