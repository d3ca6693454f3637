/** Agents: tools that they call, answers that have to fit, conversations. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { agent, agentTool, Executor, LlmConfig, Workflow } from "../src/index.ts";
import { ModelServer, type WireMessage } from "./support/model-server.ts";

const call = (name: string, input: unknown): WireMessage => ({
  content: "",
  tool_calls: [
    {
      id: "c1",
      type: "function",
      function: { name, arguments: typeof input === "string" ? input : JSON.stringify(input) },
    },
  ],
});

async function ask(
  answers: readonly (string | WireMessage)[],
  node: Parameters<typeof agent<unknown, unknown>>[0],
  input: unknown = "go",
) {
  let next = 0;
  await using server = await ModelServer.start({ answer: () => answers[next++] ?? "no more" });
  await using executor = new Executor({ llm: LlmConfig.openai({ baseUrl: server.baseUrl, model: "m" }) });
  const workflow = new Workflow({ name: "w" }).addNode("ask", agent(node)).returns("ask");
  const { output } = await executor.execute(workflow, input);
  return { output, bodies: server.bodies };
}

const add = agentTool({
  description: "Adds two numbers.",
  input: z.object({ a: z.number(), b: z.number() }),
  run: ({ a, b }) => ({ sum: a + b }),
});

describe("an agent", () => {
  it("calls tools until it has an answer", async () => {
    const { output, bodies } = await ask([call("add", { a: 1, b: 2 }), "It is 3."], { tools: { add } });
    expect(output).toBe("It is 3.");
    expect(bodies[0]?.tools).toMatchObject([
      { type: "function", function: { name: "add", description: "Adds two numbers." } },
    ]);
    expect(bodies[1]?.messages.slice(1)).toMatchObject([
      { role: "assistant", tool_calls: [{ id: "c1", function: { name: "add" } }] },
      { role: "tool", tool_call_id: "c1", content: '{"sum":3}' },
    ]);
  });

  it.each([
    ["no such tool", call("subtract", {}), "error: there is no tool subtract"],
    ["what every object has", call("toString", {}), "error: there is no tool toString"],
    ["arguments that do not fit", call("add", { a: 1 }), "error: the call does not fit its schema. b:"],
    ["arguments that are no JSON", call("add", "{a"), "error: "],
  ])("is told of %s", async (_what, first, words) => {
    const { bodies } = await ask([first, "well"], { tools: { add } });
    expect(bodies[1]?.messages.at(-1)?.content).toContain(words);
  });

  it("gives up after its rounds", async () => {
    const answers = Array.from({ length: 9 }, () => call("add", { a: 1, b: 1 }));
    await expect(ask(answers, { tools: { add }, maxRounds: 3 })).rejects.toThrow(
      'The agent "ask" still had no answer after 3 rounds',
    );
  });

  it("asks again for an answer that fits, and reads it out of words and Markdown", async () => {
    const output = z.object({ good: z.boolean() });
    const { output: given, bodies } = await ask(["I think so", '```json\n{"good": 1}\n```', 'Here: {"good": true}.'], {
      output,
    });
    expect(given).toEqual({ good: true });
    expect(bodies[2]?.messages.at(-1)?.content).toContain("good:");
    await expect(ask(["no", "no", "no", "no"], { output })).rejects.toThrow('The agent "ask" gave no answer that fits');
  });

  it("says that it has no model", async () => {
    await using executor = new Executor();
    await expect(executor.execute(new Workflow({ name: "w" }).addNode("ask", agent()), "x")).rejects.toThrow(
      'The agent "ask" has no model; give it `llm`, or the executor.',
    );
  });
});
