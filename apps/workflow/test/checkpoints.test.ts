/** What is kept between processes: runs, sessions, large values; and what is said when it cannot be kept or does not fit any more. */
import { appendFileSync, chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  agent,
  Executor,
  type ExecutorOptions,
  fileCheckpoints,
  type LanguageModel,
  map,
  tool,
  transform,
  Workflow,
} from "../src/index.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "workflow-checkpoints-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const open = (options: ExecutorOptions = {}): Executor =>
  new Executor({ checkpoints: fileCheckpoints(folder), ...options });
const files = (): string[] => readdirSync(join(folder, "values"));

/** Answers with how many messages it was given. */
const counter: LanguageModel = {
  complete: async (prompt) => ({
    text: String(prompt.length),
    toolCalls: [],
    finishReason: "stop",
    promptTokens: 0,
    completionTokens: 0,
    requests: 1,
  }),
};
const talk = new Workflow<string>({ name: "talk" }).addNode("say", agent<string>({ conversation: "c" })).returns("say");

describe("sessions", () => {
  it("go on in another process", async () => {
    for (const expected of ["1", "3", "5"]) {
      await using executor = open({ llm: counter });
      expect((await executor.execute(talk, "hello", { session: "a" })).output).toBe(expected);
    }
    expect(files()).toHaveLength(1);
  });

  it("are apart from one another, and their runs follow one another", async () => {
    await using executor = open({ llm: counter });
    const runs = ["a", "b", "a", "b", "a"].map((session) => executor.execute(talk, "hello", { session }));
    expect((await Promise.all(runs)).map(({ output }) => output)).toEqual(["1", "1", "3", "3", "5"]);
  });

  it.each([true, false])(
    "are found again when there is no room for them in memory (checkpoints: %s)",
    async (isKept) => {
      const limit = process.memoryUsage.rss() + 17 * 2 ** 20;
      await using executor = new Executor({
        llm: counter,
        profile: "memoryOptimised",
        limit,
        ...(isKept && { checkpoints: fileCheckpoints(folder) }),
      });
      const sessions = Array.from({ length: 30 }, (_, index) => `session ${index}`);
      const text = "x".repeat(100_000);
      for (const turn of [1, 3, 5])
        for (const session of sessions)
          expect((await executor.execute(talk, text, { session })).output).toBe(String(turn));
      expect(executor.status().sessions.sessions).toBeLessThan(sessions.length);
    },
  );

  it("lose what a node has changed that fails", async () => {
    let fails = true;
    const workflow = new Workflow({ name: "w" })
      .addNode("one", transform({ run: (_input: unknown, { session }) => session.push("list", "one") }))
      .addNode(
        "two",
        tool({
          run: (_input: unknown, { session }) => {
            session.push("list", "two");
            if (fails) throw new Error("no");
            return session.get("list");
          },
        }),
      )
      .connect("one", "two")
      .returns("two");
    for (const _ of [1, 2]) {
      await using executor = open();
      await expect(executor.execute(workflow, undefined, { id: "r", session: "s" })).rejects.toThrow(
        'The node "two" failed: no.',
      );
    }
    fails = false;
    await using executor = open();
    expect((await executor.resume(workflow, "r")).output).toEqual(["one", "two"]);
  });

  it("are written anew when most of their file is past", async () => {
    const workflow = new Workflow<string>({ name: "w" })
      .addNode("set", transform({ run: (text: string, { session }) => session.set("text", text) }))
      .addNode("get", transform({ run: (_: unknown, { session }) => session.get("text") }))
      .connect("set", "get")
      .returns("get");
    await using executor = open();
    const names = new Set<string>();
    for (let turn = 0; turn < 30; turn++) {
      await executor.execute(workflow, `${turn}`.repeat(5000), { session: "s" });
      for (const name of files()) names.add(name);
    }
    expect(names.size).toBeGreaterThan(1);
    expect(files()).toHaveLength(1);
    await executor.close();
    await using again = open();
    expect((await again.execute(workflow, "now", { session: "s" })).output).toBe("now");
  });

  it("hold whatever was set and pushed, however it is divided among runs", async () => {
    const step = fc.record({ key: fc.constantFrom("a", "b"), value: fc.jsonValue(), isPush: fc.boolean() });
    const workflow = new Workflow<{ key: string; value: unknown; isPush: boolean }[]>({ name: "w" })
      .addNode(
        "change",
        transform({
          run: (steps: { key: string; value: unknown; isPush: boolean }[], { session }) => {
            for (const { key, value, isPush } of steps) {
              if (isPush) session.push(key, value);
              else session.set(key, value);
            }
            return [session.get("a"), session.get("b")];
          },
        }),
      )
      .returns("change");
    let number = 0;
    await using executor = open();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { maxLength: 4 }), { minLength: 1, maxLength: 5 }), async (runs) => {
        const model: Record<string, unknown> = {};
        const session = `s${number++}`;
        for (const steps of runs) {
          for (const { key, value, isPush } of steps)
            model[key] = isPush ? [...(Array.isArray(model[key]) ? (model[key] as unknown[]) : []), value] : value;
          expect((await executor.execute(workflow, steps, { session })).output).toEqual([model["a"], model["b"]]);
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe("runs", () => {
  const failing = (fails: () => boolean, ran: string[]) =>
    new Workflow<number>({ name: "w" })
      .addNode("first", tool({ run: (n: number) => (ran.push("first"), { n, text: "x".repeat(500_000) }) }))
      .addNode(
        "each",
        map({
          items: ({ n }: { n: number }) => Array.from({ length: n }, (_, i) => i),
          each: tool({ run: (i: number) => (ran.push(`each ${i}`), `${i}`) }),
        }),
      )
      .addNode(
        "last",
        tool({ run: (all: string[]) => (fails() ? Promise.reject(new Error("not now")) : all.join("")) }),
      )
      .connect("first", "each")
      .connect("each", "last")
      .returns("last");

  it("go on behind what failed, with what they were given", async () => {
    let fails = true;
    const ran: string[] = [];
    const workflow = failing(() => fails, ran);
    {
      await using executor = open();
      await expect(executor.execute(workflow, 5, { id: "r" })).rejects.toThrow("not now");
    }
    fails = false;
    await using executor = open();
    const { output, progress } = await executor.resume(workflow, "r");
    expect(output).toBe("01234");
    expect(progress.resumed).toBe(2);
    expect(ran).toHaveLength(6);
    expect(files()).toEqual([]);
    // It has ended: its output is there still.
    expect((await executor.resume(workflow, "r")).output).toBe("01234");
  });

  it("are forgotten by executeAndCleanup, their sessions too", async () => {
    const ran: string[] = [];
    const workflow = failing(() => false, ran);
    await using executor = open();
    await executor.executeAndCleanup(workflow, 3, { id: "r", session: "s" });
    expect(files()).toEqual([]);
    await expect(executor.resume(workflow, "r")).rejects.toThrow("There is no run r in these checkpoints.");
  });

  it("do not go on with another workflow", async () => {
    const workflow = failing(() => true, []);
    await using executor = open();
    await expect(executor.execute(workflow, 1, { id: "r" })).rejects.toThrow("not now");
    const other = new Workflow<number>({ name: "w" }).addNode("first", tool({ run: () => 1 })).returns("first");
    await expect(executor.resume(other, "r")).rejects.toThrow(
      'The workflow "w" has other nodes or edges than when the run began.',
    );
    await expect(executor.resume(workflow, "q")).rejects.toThrow("Those that can go on: r (w).");
  });

  it("say which value was damaged", async () => {
    const workflow = new Workflow({ name: "w" })
      .addNode("make", tool({ run: () => "x".repeat(500_000) }))
      .addNode("use", tool({ run: () => Promise.reject(new Error("later")) }))
      .connect("make", "use");
    {
      await using executor = open();
      await expect(executor.execute(workflow, undefined, { id: "r" })).rejects.toThrow("later");
    }
    for (const name of files()) appendFileSync(join(folder, "values", name), "more");
    await using executor = open();
    await expect(executor.resume(workflow, "r")).rejects.toThrow(
      /The node "use" failed: The value in .* is not what was written\./,
    );
  });

  it("name the node whose value cannot be kept", async () => {
    const workflow = new Workflow({ name: "w" })
      .addNode("make", tool({ run: () => ({ later: () => 1 }) }))
      .addNode("use", tool({ run: () => 1 }))
      .connect("make", "use");
    await using executor = open();
    await expect(executor.execute(workflow, undefined)).rejects.toThrow(
      /The node "make" gave a value that cannot be kept: .*later is a function/,
    );
  });

  it("say where they cannot write", async () => {
    writeFileSync(join(folder, "file"), "");
    chmodSync(join(folder, "file"), 0o400);
    await using executor = new Executor({ checkpoints: fileCheckpoints(join(folder, "file")) });
    await expect(executor.execute(talk, "x")).rejects.toMatchObject({ code: "ERR_WORKFLOW_STORAGE" });
  });
});
