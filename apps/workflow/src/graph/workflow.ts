/**
 * A graph of nodes without cycles: data flow along its edges. It is built step by step, and the compiler follows: an edge whose
 * ends do not fit is an error where it is written.
 */
import type { Edge, Graph, Typed, WorkflowNode } from "./node.ts";
import { toMermaid } from "./mermaid.ts";
import type { Schema } from "./schema.ts";
import { assertName, validateGraph } from "./validate.ts";

/** How a workflow is made. */
export interface WorkflowOptions<In, Out> {
  /** In messages, drawings and checkpoints. */
  readonly name: string;
  /** Checked before it runs. Default: anything. */
  readonly input?: Schema<In>;
  /** Checked at its end. Default: anything. */
  readonly output?: Schema<Out>;
}

/** What is known of its nodes: by name, what goes in and what comes out. */
type Known = Record<string, { input: unknown; output: unknown }>;

/** `To` when what comes may go there, else a text that says why not. */
type Fits<Output, Input, From extends string, To> = unknown extends Input
  ? To
  : [Output] extends [Input]
    ? To
    : From extends keyof Input
      ? [Output] extends [Input[From]]
        ? To
        : `what ${From} gives does not fit this node`
      : `what ${From} gives does not fit this node`;

/** A workflow. */
export class Workflow<In = unknown, Out = unknown, Nodes extends Known = Record<"input", { input: In; output: In }>>
  implements Graph, Typed<In, Out>
{
  /** Never there: says to the compiler what goes in and what comes out. */
  declare readonly $types?: (input: In) => Out;
  readonly name: string;
  readonly inputSchema: Schema<In> | undefined;
  readonly outputSchema: Schema<Out> | undefined;
  readonly #nodes = new Map<string, WorkflowNode>();
  readonly #edges: Edge[] = [];
  #result: string | undefined;

  constructor({ name, input, output }: WorkflowOptions<In, Out>) {
    this.name = name;
    this.inputSchema = input;
    this.outputSchema = output;
  }

  /** The nodes in the order in which they were added. */
  get nodes(): ReadonlyMap<string, WorkflowNode> {
    return this.#nodes;
  }

  /** What leads where. */
  get edges(): readonly Edge[] {
    return this.#edges;
  }

  /** The node whose output is the workflow's. */
  get result(): string | undefined {
    return this.#result;
  }

  /**
   * Adds a node. One that nothing leads to is given the workflow's input.
   *
   * @param name - letters, digits, `_` and `-`; not `input`, which is the workflow's own.
   * @throws WorkflowError `ERR_WORKFLOW_GRAPH` when there is such a node already.
   */
  addNode<Name extends string, NodeIn, NodeOut>(
    name: Name,
    node: WorkflowNode & Typed<NodeIn, NodeOut>,
  ): Workflow<In, Out, Nodes & Record<Name, { input: NodeIn; output: NodeOut }>> {
    assertName(this, name);
    this.#nodes.set(name, node);
    // The same object, of which more is known now.
    return this;
  }

  /**
   * Leads what one node gives to another.
   *
   * @param from - a node, or `input` for the workflow's own.
   * @param when - behind a condition: the choice with which this edge is taken. Default: always.
   */
  connect<From extends keyof Nodes & string, To extends Exclude<keyof Nodes & string, "input">>(
    from: From,
    to: To & Fits<Nodes[From]["output"], Nodes[To]["input"], From, To>,
    when?: string,
  ): this {
    this.#edges.push({ from, to, when });
    return this;
  }

  /** Says which node's output is the workflow's. Default: what nothing follows; several by name. */
  returns<Name extends keyof Nodes & string>(name: Name): Workflow<In, Nodes[Name]["output"], Nodes> {
    this.#result = name;
    return this;
  }

  /**
   * Checks that it can run: names, edges, no cycle, every node reached, workflows within it too.
   *
   * @throws WorkflowError `ERR_WORKFLOW_GRAPH` that names the nodes.
   */
  validate(): this {
    validateGraph(this);
    return this;
  }

  /** The graph as a Mermaid flowchart. */
  toMermaid(): string {
    return toMermaid(this);
  }
}
