/**
 * Runs one graph: a node starts when all that leads to it has ended, and a value goes when its last reader is done. A node has finished
 * when that is safe in the checkpoint; what has finished in an earlier process is not run again.
 */
import { setMaxListeners } from "node:events";
import type { Edge, Graph, SubNode, WorkflowNode } from "../graph/node.ts";
import { check } from "../graph/schema.ts";
import { topologicalOrder } from "../graph/validate.ts";
import { WorkflowError } from "../workflow-error.ts";
import type { Finished } from "./checkpoints.ts";
import { runMap } from "./map-run.ts";
import { named, runLeaf } from "./node-run.ts";
import { Change, type Outcome, type Surroundings } from "./run-state.ts";
import type { Held } from "./values.ts";

/** A value and those who will read it. */
interface Output {
  readonly held: Held;
  /** Undefined for what the graph was given, which is its giver's. */
  readonly path: string | undefined;
  readonly choice: string | undefined;
  readers: number;
}

interface Waiting {
  left: number;
  isActive: boolean;
}

/** Runs it. */
export async function runGraph(graph: Graph, input: Held, around: Surroundings): Promise<Outcome> {
  const given = graph.inputSchema
    ? around.run.values.hold(
        await check(graph.inputSchema, await input.load(), `The input of the workflow "${graph.name}"`),
      )
    : input;
  return new GraphRun(graph, given, around).run();
}

class GraphRun {
  readonly #graph: Graph;
  readonly #around: Surroundings;
  readonly #waiting = new Map<string, Waiting>();
  readonly #outputs = new Map<string, Output>();
  /** Later nodes first: what is begun ends before more begins. */
  readonly #depths: ReadonlyMap<string, number>;
  readonly #results: readonly string[];
  readonly #running = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #failure: { readonly error: unknown } | undefined;
  /** The last change where one node's output is the graph's. */
  #last: Change | undefined;

  constructor(graph: Graph, input: Held, around: Surroundings) {
    this.#graph = graph;
    this.#around = around;
    this.#depths = new Map(topologicalOrder(graph).map((name, depth) => [name, depth]));
    const sinks = [...graph.nodes.keys()].filter((name) => !graph.edges.some(({ from }) => from === name));
    this.#results = graph.result === undefined ? sinks : [graph.result];
    for (const name of graph.nodes.keys()) {
      const before = graph.edges.filter(({ to }) => to === name);
      this.#waiting.set(name, { left: before.length, isActive: before.length === 0 });
    }
    this.#outputs.set("input", { held: input, path: undefined, choice: undefined, readers: Number.POSITIVE_INFINITY });
    setMaxListeners(0, this.#stop.signal);
  }

  async run(): Promise<Outcome> {
    const { signal, run } = this.#around;
    run.progress.expect(this.#graph.nodes.size);
    const onAbort = (): void => this.#fail(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      signal.throwIfAborted();
      const first = [...this.#waiting].filter(([, { left }]) => left === 0).map(([name]) => name);
      this.#follow("input", undefined);
      for (const name of first) this.#begin(name);
      while (this.#running.size > 0) await Promise.race(this.#running);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
    if (this.#failure) throw this.#failure.error;
    return this.#end();
  }

  #begin(name: string): void {
    if (this.#failure) return;
    const work = this.#runNode(name).catch((error: unknown) =>
      this.#fail(this.#stop.signal.aborted ? error : named(this.#around.prefix + name, 1, error)),
    );
    const running = work.finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  #fail(error: unknown): void {
    this.#failure ??= { error };
    this.#stop.abort(error);
  }

  async #runNode(name: string): Promise<void> {
    const { scope, prefix, run } = this.#around;
    const path = prefix + name;
    const node = this.#graph.nodes.get(name);
    if (!node) return;
    const known = scope.find(path);
    const output = known ? this.#restore(name, path, known) : await this.#work(name, path, node);
    const taken = this.#graph.edges.filter((edge) => edge.from === name && isTaken(edge, output.choice));
    output.readers = taken.length + (this.#results.includes(name) ? 1 : 0);
    if (output.choice !== undefined && taken.length === 0) throw noWay(path, output.choice);
    this.#outputs.set(name, output);
    if (output.readers === 0) run.values.drop(output.held);
    run.progress.end(known !== undefined);
    this.#follow(name, output.choice);
  }

  #restore(name: string, path: string, { stored, choice }: Finished): Output {
    for (const { from, to } of this.#graph.edges) {
      const read = to === name ? this.#outputs.get(from) : undefined;
      if (read) read.readers--;
    }
    const held = this.#around.run.values.restore(stored ?? { value: undefined });
    return { held, path, choice, readers: 0 };
  }

  async #work(name: string, path: string, node: WorkflowNode): Promise<Output> {
    const { run, scope, isAdmitted, kind } = this.#around;
    const { signal } = this.#stop;
    const around = { ...this.#around, signal, prefix: `${path}/`, kind: `${kind}${name}/` };
    const change = new Change(run);
    let held: Held;
    let choice: string | undefined;
    switch (node.kind) {
      case "map": {
        const inner = await runMap(node, await this.#inputOf(name), { ...around, prefix: path, kind: kind + name });
        held = inner.held;
        change.absorb(inner.change);
        break;
      }
      case "workflow": {
        held = await this.#repeat(node, path, await this.#heldInputOf(name), around, change);
        break;
      }
      default: {
        const work = async (): Promise<Held> => {
          const result = await runLeaf(node, path, await this.#inputOf(name), run, signal);
          choice = result.choice;
          result.session.apply(change.patch);
          return run.values.put(result.value, path);
        };
        held = isAdmitted
          ? await work()
          : await run.limiter.run(work, { kind: kind + name, signal, priority: this.#depths.get(name) ?? 0 });
      }
    }
    this.#release(name, change);
    const isLast = this.#results.length === 1 && this.#results[0] === name;
    // The end of the only result is the end of the graph: whoever takes it writes both in one piece.
    if (isLast && !this.#graph.edges.some(({ from }) => from === name)) this.#last = change;
    else {
      scope.set(change, path, { stored: held.stored, ...(choice !== undefined && { choice }) });
      await change.commit();
    }
    return { held, path, choice, readers: 0 };
  }

  /** Rounds of a workflow; each one that has ended is not run again. */
  async #repeat(
    { graph, repeat }: SubNode,
    path: string,
    given: Held,
    around: Surroundings,
    change: Change,
  ): Promise<Held> {
    const { run, scope } = this.#around;
    let input = given;
    for (let round = 1; ; round++) {
      const here = repeat ? `${path}#${round}` : path;
      const known = repeat && scope.find(here);
      if (known) {
        // Without its value it was only the input of the next one.
        input = run.values.restore(known.stored ?? { value: undefined });
        if (!known.stored) continue;
      } else {
        const inner = await runGraph(graph, input, { ...around, prefix: `${here}/` });
        change.absorb(inner.change);
        if (round > 1) {
          change.unread(input);
          scope.set(change, `${path}#${round - 1}`, { stored: undefined });
        }
        input = inner.held;
      }
      if (!repeat || round >= repeat.atMost || repeat.until(await input.load(), round)) return input;
      if (known) continue;
      scope.set(change, here, { stored: input.stored });
      await change.flush();
    }
  }

  /** Those before it have one reader less. */
  #release(name: string, change: Change): void {
    for (const edge of this.#graph.edges) {
      const output = edge.to === name ? this.#outputs.get(edge.from) : undefined;
      if (!output || !isTaken(edge, output.choice)) continue;
      if (--output.readers > 0 || output.path === undefined) continue;
      const { path, choice, held } = output;
      change.unread(held);
      this.#around.scope.set(change, path, { stored: undefined, ...(choice !== undefined && { choice }) });
    }
  }

  /** One value, or an object of several by the names of the nodes that gave them. */
  async #inputOf(name: string): Promise<unknown> {
    const before = this.#graph.edges.filter(({ to }) => to === name);
    const [only] = before;
    if (before.length === 0) return this.#outputs.get("input")?.held.load();
    if (before.length === 1 && only) return this.#outputs.get(only.from)?.held.load();
    const input: Record<string, unknown> = {};
    for (const edge of before) {
      const output = this.#outputs.get(edge.from);
      if (output && isTaken(edge, output.choice)) input[edge.from] = await output.held.load();
    }
    return input;
  }

  async #heldInputOf(name: string): Promise<Held> {
    const before = this.#graph.edges.filter(({ to }) => to === name);
    const from = before.length === 0 ? "input" : before[0]?.from;
    const output = before.length > 1 || from === undefined ? undefined : this.#outputs.get(from);
    return output?.held ?? this.#around.run.values.hold(await this.#inputOf(name));
  }

  /** Nodes behind one that has ended, or that is not run. */
  #follow(name: string, choice: string | undefined, isSkipped = false): void {
    for (const edge of this.#graph.edges) {
      const waiting = edge.from === name ? this.#waiting.get(edge.to) : undefined;
      if (!waiting) continue;
      waiting.left--;
      waiting.isActive ||= !isSkipped && isTaken(edge, choice);
      if (waiting.left > 0) continue;
      if (waiting.isActive) this.#begin(edge.to);
      else {
        this.#around.run.progress.expect(-1);
        this.#follow(edge.to, undefined, true);
      }
    }
  }

  async #end(): Promise<Outcome> {
    const { run, prefix } = this.#around;
    const { name, result, outputSchema } = this.#graph;
    const change = this.#last ?? new Change(run);
    const outputs = this.#results.flatMap((node) => {
      const output = this.#outputs.get(node);
      return output ? [[node, output] as const] : [];
    });
    const [only] = outputs;
    if (result !== undefined && !only)
      throw new WorkflowError(
        "ERR_WORKFLOW_NODE",
        `The workflow "${name}" returns "${result}", which did not run: no choice led to it.`,
        { node: result },
      );
    if (this.#results.length === 1 && only && !outputSchema) return { held: only[1].held, change };
    const all: Record<string, unknown> = {};
    for (const [node, { held }] of outputs) all[node] = await held.load();
    const value = this.#results.length === 1 ? only && all[only[0]] : all;
    const checked = outputSchema ? await check(outputSchema, value, `The output of the workflow "${name}"`) : value;
    for (const [, { held }] of outputs) change.unread(held);
    return { held: await run.values.put(checked, `${prefix}output`), change };
  }
}

function isTaken({ when }: Edge, choice: string | undefined): boolean {
  return when === undefined || when === choice;
}

function noWay(path: string, choice: string): WorkflowError {
  return new WorkflowError(
    "ERR_WORKFLOW_NODE",
    `The condition "${path}" chose ${JSON.stringify(choice)}, and no edge behind it is for that. Connect one, or one without a choice.`,
    { node: path, choice },
  );
}
