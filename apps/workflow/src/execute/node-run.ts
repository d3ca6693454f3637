/**
 * Runs one agent, tool, transform or condition: checks what goes in and comes out, tries again, keeps to the time, and names the node in
 * whatever goes wrong.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { PlimsollError } from "plimsoll/history";
import type { AgentNode, CodeNode, ConditionNode, NodeContext } from "../graph/node.ts";
import { check } from "../graph/schema.ts";
import { WorkflowError, wordsOf } from "../workflow-error.ts";
import { runAgent } from "./agent-run.ts";
import type { RunState } from "./run-state.ts";
import { SessionChange } from "./sessions.ts";

const FIRST_WAIT_MS = 200;

/** A node that does something itself. */
export type LeafNode = AgentNode | CodeNode | ConditionNode;

/** What came of it. */
export interface LeafResult {
  readonly value: unknown;
  readonly choice: string | undefined;
  readonly session: SessionChange;
}

/** @throws WorkflowError that names the node, or the signal's reason. */
export async function runLeaf(
  node: LeafNode,
  path: string,
  input: unknown,
  run: RunState,
  signal: AbortSignal,
): Promise<LeafResult> {
  const checked = node.input ? await check(node.input, input, `The input of the node "${path}"`) : input;
  const { retries = 0, timeoutMs } = node.kind === "condition" ? {} : node;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    const session = new SessionChange(run.session);
    try {
      const { value, choice } = await withDeadline(path, timeoutMs, signal, (tried) =>
        runOnce(node, checked, { node: path, run: run.id, signal: tried, session }, run),
      );
      return { value, choice, session };
    } catch (error) {
      signal.throwIfAborted();
      if (attempt > retries) throw named(path, attempt, error);
      await sleep(FIRST_WAIT_MS * 2 ** (attempt - 1), undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

async function runOnce(
  node: LeafNode,
  input: unknown,
  context: NodeContext,
  { llm }: RunState,
): Promise<{ value: unknown; choice: string | undefined }> {
  if (node.kind === "condition") return { value: input, choice: await node.choose(input, context) };
  // The answer of an agent is checked while it can still be asked again.
  if (node.kind === "agent") return { value: await runAgent(node, input, context, llm), choice: undefined };
  const value = await node.run(input, context);
  const checked = node.output ? await check(node.output, value, `The output of the node "${context.node}"`) : value;
  return { value: checked, choice: undefined };
}

async function withDeadline<R>(
  path: string,
  timeoutMs: number | undefined,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<R>,
): Promise<R> {
  if (timeoutMs === undefined) return work(signal);
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      const error = new WorkflowError(
        "ERR_WORKFLOW_NODE",
        `The node "${path}" took longer than its ${timeoutMs / 1000} s.`,
      );
      stop.abort(error);
      reject(error);
    }, timeoutMs);
  });
  try {
    return await Promise.race([work(stop.signal), late]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

/** What was thrown, with the name of the node in it. */
export function named(path: string, attempts: number, error: unknown): WorkflowError {
  const isOurs = WorkflowError.is(error);
  if (isOurs && (error.code === "ERR_WORKFLOW_STOPPED" || namesNode(error.message, path))) return error;
  const unsavable = isOurs ? error.cause : error;
  if (PlimsollError.is(unsavable, "ERR_PLIMSOLL_UNSAVABLE")) {
    const what = (unsavable.message.split(",")[0] ?? "").replace(/^.*\bvalue\.?/, "") || "it";
    const message = `The node "${path}" gave a value that cannot be kept: ${what}. Give plain data.`;
    return new WorkflowError("ERR_WORKFLOW_NODE", message, { node: path }, error);
  }
  const tries = attempts > 1 ? ` after ${attempts} tries` : "";
  const words = wordsOf(error);
  const message = `The node "${path}" failed${tries}: ${words}${/[.!?]$/.test(words) ? "" : "."}`;
  return new WorkflowError(isOurs ? error.code : "ERR_WORKFLOW_NODE", message, { node: path }, error);
}

/** It, or a node within it. */
function namesNode(message: string, path: string): boolean {
  return ['"', "/", "[", "#"].some((end) => message.includes(`"${path}${end}`));
}
