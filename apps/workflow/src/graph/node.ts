/**
 * The kinds of nodes. A node is a plain description; who runs it is the executor. Its input is what the node before it gave, or an
 * object of what each gave, by name, where several lead to it.
 */
import type { LanguageModel, Message, ToolSpecification } from "../llm/language-model.ts";
import type { Schema } from "./schema.ts";

/** What a session keeps between runs, by key. */
export interface SessionView {
  /** The value, undefined when there is none. It is shared: do not change it, `set` it. */
  get(key: string): unknown;
  /** Keeps a value; it is safe together with the end of the node. */
  set(key: string, value: unknown): void;
  /** Appends to the list of that key, which costs what is new and not the whole list. */
  push(key: string, ...values: unknown[]): void;
}

/** What a node may use beside its input. */
export interface NodeContext {
  /** Its name with those around it, such as `pages[17]/fetch`. */
  readonly node: string;
  /** Of the run. */
  readonly run: string;
  /** Aborted when the run is stopped, fails elsewhere, or the node's time is over. */
  readonly signal: AbortSignal;
  /** The session of the run; without one it lives as long as the run. */
  readonly session: SessionView;
}

/** Says to the compiler what goes in and what comes out; there is nothing at run time. */
export interface Typed<In, Out> {
  /** Never there. */
  readonly $types?: (input: In) => Out;
}

/** What all nodes that work may say. */
export interface WorkOptions<In, Out> {
  /** Checked before the node runs. Default: anything. */
  readonly input?: Schema<In>;
  /** Checked after it. Default: anything. */
  readonly output?: Schema<Out>;
  /** Tries again so often when it fails. Default: 0. */
  readonly retries?: number;
  /** Milliseconds after which a try is given up. Default: no limit. */
  readonly timeoutMs?: number;
}

/** What a tool or a transform is made of. */
export interface CodeDefinition<In, Out> extends WorkOptions<In, Out> {
  /** Does it. */
  run(input: In, context: NodeContext): Out | PromiseLike<Out>;
}

/** A tool that a model may call. */
export interface AgentTool extends ToolSpecification {
  /** Checks the arguments. Default: anything that is JSON. */
  readonly input?: Schema<unknown>;
  /** Answers a call; what is no text is sent as JSON. */
  run(input: unknown, context: NodeContext): unknown;
}

/** What an agent is made of. */
export interface AgentDefinition<In, Out> extends WorkOptions<In, Out> {
  /** What it is asked: a text, or messages. Default: the input as it is, or as JSON. */
  prompt?(input: In, context: NodeContext): string | readonly Message[];
  /** What it is told first. Default: nothing. */
  readonly system?: string;
  /** Default: the executor's. */
  readonly llm?: LanguageModel;
  /** Most tokens of an answer. Default: the endpoint's. */
  readonly maxTokens?: number;
  /** Default: the endpoint's. */
  readonly temperature?: number;
  /** By name. Default: none. */
  readonly tools?: Readonly<Record<string, AgentTool>>;
  /** Most answers that may ask for tools before it is given up. Default: 8. */
  readonly maxRounds?: number;
  /** Keeps the conversation in the session under this key, and goes on with it. Default: no conversation. */
  readonly conversation?: string;
}

/** What a condition is made of. */
export interface ConditionDefinition<In> {
  /** Checked before. Default: anything. */
  readonly input?: Schema<In>;
  /** The label of the edges to take. */
  choose(input: In, context: NodeContext): string | PromiseLike<string>;
}

/** How results become one value, in the order of the items. */
export interface Reduction<Result, Out> {
  /** What it begins with, made anew for each run. */
  initial(): Out;
  /** Takes in one result. The sum is saved as it grows, so keep it small. */
  step(sum: Out, result: Result, index: number): Out;
}

/** What a map is made of. */
export interface MapDefinition<In, Item, Result, Out> {
  /** Checked before. Default: anything. */
  readonly input?: Schema<In>;
  /** The items, taken one by one as there is room; a run that goes on asks for them anew and must be given the same ones. */
  items(input: In): Iterable<Item> | AsyncIterable<Item>;
  /** What is done with each: a node, or a whole workflow. */
  readonly each: (WorkflowNode | Graph) & Typed<Item, Result>;
  /** Most items at once. Default: as many as help and fit. */
  readonly concurrency?: number;
  /** Default: a list of the results. */
  readonly reduce?: Reduction<Result, Out>;
}

/** Runs a workflow again on its own output, which is how a graph without cycles loops. */
export interface Repetition<Out> {
  /** True when the output is good enough. Rounds count from 1. */
  until(output: Out, round: number): boolean;
  /** Most rounds; the output of the last one counts then. */
  readonly atMost: number;
}

/** Code: a tool reaches outside, a transform only computes. */
export interface CodeNode extends CodeDefinition<unknown, unknown> {
  readonly kind: "tool" | "transform";
}

/** A language model that is asked, and that may call tools until it has an answer. */
export interface AgentNode extends AgentDefinition<unknown, unknown> {
  readonly kind: "agent";
}

/** Chooses which of the edges behind it are taken; what leaves it is what came in. */
export interface ConditionNode extends ConditionDefinition<unknown> {
  readonly kind: "condition";
}

/** One node for each of many items, as many at once as fit. */
export interface MapNode extends Omit<MapDefinition<unknown, unknown, unknown, unknown>, "each"> {
  readonly kind: "map";
  readonly each: WorkflowNode | Graph;
}

/** A workflow within another. */
export interface SubNode {
  readonly kind: "workflow";
  readonly graph: Graph;
  readonly repeat?: Repetition<unknown>;
}

/** A node of any kind. */
export type WorkflowNode = CodeNode | AgentNode | ConditionNode | MapNode | SubNode;

/** What of a workflow is needed to run it. */
export interface Graph {
  /** Of the workflow. */
  readonly name: string;
  /** Checks what it is given. */
  readonly inputSchema: Schema<unknown> | undefined;
  /** Checks what it gives. */
  readonly outputSchema: Schema<unknown> | undefined;
  /** The nodes in the order in which they were added. */
  readonly nodes: ReadonlyMap<string, WorkflowNode>;
  /** What leads where. */
  readonly edges: readonly Edge[];
  /** The node whose output is the workflow's; undefined for all that nothing follows. */
  readonly result: string | undefined;
  /** Throws where it cannot run. */
  validate(): unknown;
}

/** From one node to another. */
export interface Edge {
  readonly from: string;
  readonly to: string;
  /** Taken when the condition before it says so. Undefined: always. */
  readonly when: string | undefined;
}

/** A node that reaches outside: a request, a file, a database. */
export function tool<In, Out>(definition: CodeDefinition<In, Out>): CodeNode & Typed<In, Awaited<Out>> {
  return { ...definition, kind: "tool" };
}

/** A node that only computes. */
export function transform<In, Out>(definition: CodeDefinition<In, Out>): CodeNode & Typed<In, Awaited<Out>> {
  return { ...definition, kind: "transform" };
}

/** A node that asks a language model. With an `output` schema the answer is read as JSON, and asked for again when it is none. */
export function agent<In = unknown, Out = string>(
  definition: AgentDefinition<In, Out> = {},
): AgentNode & Typed<In, Out> {
  return { ...definition, kind: "agent" };
}

/** A tool that a model may call, whose `run` knows what its `input` schema lets through. */
export function agentTool<In>(
  definition: ToolSpecification & { readonly input?: Schema<In>; run(input: In, context: NodeContext): unknown },
): AgentTool {
  return definition;
}

/** A node that chooses where its input goes. */
export function condition<In>(definition: ConditionDefinition<In>): ConditionNode & Typed<In, In> {
  return { ...definition, kind: "condition" };
}

/** A node that does the same with each of many items. */
export function map<In, Item, Result, Out = Result[]>(
  definition: MapDefinition<In, Item, Result, Out>,
): MapNode & Typed<In, Out> {
  return { ...definition, kind: "map" };
}

/** A workflow as a node of another. */
export function subWorkflow<In, Out>(
  graph: Graph & Typed<In, Out>,
  options: { readonly repeat?: Repetition<Out> } = {},
): SubNode & Typed<In, Out> {
  return { ...options, graph, kind: "workflow" };
}
