/**
 * One turn of an agent: asks the model, answers the tools that it calls, until it gives an answer that fits.
 */
import type { AgentNode, AgentTool, NodeContext } from "../graph/node.ts";
import { check } from "../graph/schema.ts";
import type { Completion, LanguageModel, Message, ToolCall } from "../llm/language-model.ts";
import { WorkflowError, wordsOf } from "../workflow-error.ts";

const MAX_ROUNDS = 8;
/** Answers that do not fit the schema, before it is given up. */
const MAX_MISFITS = 2;

/** Runs it. @throws WorkflowError `ERR_WORKFLOW_NODE`, or what the model's client throws. */
export async function runAgent(
  agent: AgentNode,
  input: unknown,
  context: NodeContext,
  fallback: LanguageModel | undefined,
): Promise<unknown> {
  const llm = agent.llm ?? fallback;
  if (!llm) throw failed(context, "has no model; give it `llm`, or the executor");
  const { system, conversation, maxRounds = MAX_ROUNDS } = agent;
  const asked = messagesOf(agent, input, context);
  const earlier = conversation === undefined ? [] : ((context.session.get(conversation) ?? []) as readonly Message[]);
  const messages: Message[] = [
    ...(system === undefined ? [] : [{ role: "system" as const, content: system }]),
    ...earlier,
    ...asked,
  ];
  const begin = messages.length - asked.length;
  let misfits = 0;
  for (let round = 1; round <= maxRounds; round++) {
    const completion = await llm.complete(messages, optionsOf(agent, context.signal));
    messages.push(messageOf(completion));
    if (completion.toolCalls.length > 0) {
      messages.push(...(await answerCalls(agent.tools ?? {}, completion.toolCalls, context)));
      continue;
    }
    try {
      const output = agent.output ? await check(agent.output, jsonIn(completion.text), "its answer") : completion.text;
      if (conversation !== undefined) context.session.push(conversation, ...messages.slice(begin));
      return output;
    } catch (error) {
      if (++misfits > MAX_MISFITS) throw failed(context, `gave no answer that fits: ${wordsOf(error)}`, error);
      messages.push({ role: "user", content: `That was not what was asked for. ${wordsOf(error)} Answer JSON alone.` });
    }
  }
  throw failed(context, `still had no answer after ${maxRounds} rounds; raise maxRounds if it may take more`);
}

function messagesOf({ prompt }: AgentNode, input: unknown, context: NodeContext): readonly Message[] {
  const asked = prompt ? prompt(input, context) : typeof input === "string" ? input : JSON.stringify(input);
  return typeof asked === "string" ? [{ role: "user", content: asked }] : asked;
}

function optionsOf({ maxTokens, temperature, tools }: AgentNode, signal: AbortSignal) {
  return {
    signal,
    ...(maxTokens !== undefined && { maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(tools && { tools }),
  };
}

function messageOf({ text, toolCalls }: Completion): Message {
  return { role: "assistant", content: text, ...(toolCalls.length > 0 && { toolCalls }) };
}

/** What goes wrong in a tool is told to the model, which may do better. */
async function answerCalls(
  tools: Readonly<Record<string, AgentTool>>,
  calls: readonly ToolCall[],
  context: NodeContext,
): Promise<Message[]> {
  const answers: Message[] = [];
  for (const { id, name, arguments: text } of calls) {
    context.signal.throwIfAborted();
    let content: string;
    try {
      const tool = Object.hasOwn(tools, name) ? tools[name] : undefined;
      if (!tool) throw new Error(`there is no tool ${name}`);
      const parsed: unknown = text === "" ? {} : JSON.parse(text);
      const input = tool.input ? await check(tool.input, parsed, "the call") : parsed;
      const answer = await tool.run(input, context);
      content = typeof answer === "string" ? answer : (JSON.stringify(answer) ?? "");
    } catch (error) {
      content = `error: ${wordsOf(error)}`;
    }
    answers.push({ role: "tool", content, toolCallId: id });
  }
  return answers;
}

/** Some put the object between words, or into a block of Markdown. */
function jsonIn(text: string): unknown {
  const start = text.search(/[[{]/);
  const end = Math.max(text.lastIndexOf("]"), text.lastIndexOf("}"));
  return JSON.parse(start >= 0 && end > start ? text.slice(start, end + 1) : text);
}

function failed({ node }: NodeContext, what: string, cause?: unknown): WorkflowError {
  return new WorkflowError("ERR_WORKFLOW_NODE", `The agent "${node}" ${what}.`, { node }, cause);
}
