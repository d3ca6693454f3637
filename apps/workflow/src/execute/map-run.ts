/**
 * Runs a map: an item is taken when there is room for all that is done with it, so what its nodes give to one another never piles up.
 * Results are taken in in the order of the items; an item that has ended is not run again.
 */
import { setMaxListeners } from "node:events";
import { patch } from "plimsoll/history";
import type { Graph, MapNode, WorkflowNode } from "../graph/node.ts";
import { check } from "../graph/schema.ts";
import type { MapRecord } from "./checkpoints.ts";
import { runLeaf } from "./node-run.ts";
import { Change, type Outcome, type Surroundings } from "./run-state.ts";
import type { Held } from "./values.ts";

/** Items at once of a map whose items hold maps: their items have the places. */
const OUTER_ITEMS = 4;

/** Runs it. `prefix` and `kind` are the map's own names here. */
export async function runMap(node: MapNode, input: unknown, around: Surroundings): Promise<Outcome> {
  const checked = node.input ? await check(node.input, input, `The input of the node "${around.prefix}"`) : input;
  return new MapRun(node, around).run(checked);
}

class MapRun {
  readonly #node: MapNode;
  readonly #around: Surroundings;
  readonly #record: MapRecord | undefined;
  readonly #path: readonly unknown[];
  #running = 0;
  #wake: (() => void) | undefined;

  constructor(node: MapNode, around: Surroundings) {
    this.#node = node;
    this.#around = around;
    this.#record = around.scope.findMap(around.prefix);
    this.#path = around.scope.mapPath(around.prefix);
  }

  async run(input: unknown): Promise<Outcome> {
    const { run, prefix, kind, signal } = this.#around;
    const { reduce, each } = this.#node;
    const begun = this.#record?.taken ?? 0;
    let sum = this.#record && reduce ? this.#record.sum : reduce?.initial();
    if (!this.#record)
      await run.checkpoints?.commit(
        patch().set(this.#path, { taken: 0, sum, results: new Map(), items: new Map() } satisfies MapRecord),
      );
    const items = this.#node.items(input);
    const total = sizeOf(items);
    run.progress.expect(total ?? 0);
    for (let index = 0; index < begun; index++) run.progress.end(true);
    const results: Held[] = [];
    const hasMaps = "nodes" in each ? holdsMap(each) : isMap(each);
    const body = (item: Numbered, _index: number, stop?: AbortSignal): Promise<Held> =>
      this.#runItem(item, hasMaps, stop ?? signal, total === undefined);
    const source = this.#number(
      items,
      begun,
      this.#node.concurrency ?? (hasMaps ? OUTER_ITEMS : Number.POSITIVE_INFINITY),
    );
    const outcomes = hasMaps
      ? inOrder(source, (item) => body(item, item.index), OUTER_ITEMS)
      : run.limiter.map(source, body, { kind, signal, ...(total !== undefined && { total }) });
    let index = begun;
    let taken: Promise<void> = Promise.resolve();
    for await (const held of outcomes) {
      if (reduce) {
        sum = reduce.step(sum, await held.load(), index);
        taken = this.#take(index, sum, held);
        // Its failure is told by the next that is waited for.
        taken.catch(() => undefined);
      } else results.push(held);
      index++;
    }
    await taken;
    const change = new Change(run);
    let value = sum;
    if (!reduce) {
      value = await Promise.all(results.map((held) => held.load()));
      for (const held of results) change.unread(held);
    }
    change.patch?.delete(this.#path);
    return { held: await run.values.put(value, prefix), change };
  }

  /** Items from the first that is not taken in, no more at once than is wanted. */
  async *#number(
    items: Iterable<unknown> | AsyncIterable<unknown>,
    begun: number,
    concurrency: number,
  ): AsyncGenerator<Numbered, void, undefined> {
    let index = 0;
    for await (const item of items) {
      if (index >= begun) {
        while (this.#running >= concurrency) await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#running++;
        yield { item, index };
      }
      index++;
    }
  }

  async #runItem({ item, index }: Numbered, hasMaps: boolean, signal: AbortSignal, isNew: boolean): Promise<Held> {
    const { run, scope, prefix, kind } = this.#around;
    // Every request of the item listens.
    setMaxListeners(0, signal);
    if (isNew) run.progress.expect(1);
    try {
      const known = this.#record?.results.get(index);
      if (known) {
        run.progress.end(true);
        return run.values.restore(known);
      }
      const path = `${prefix}[${index}]`;
      const around = {
        runGraph: this.#around.runGraph,
        run: { ...run, progress: quiet },
        scope: scope.item(prefix, index, this.#record?.items.get(index)),
        prefix: `${path}/`,
        kind: `${kind}/`,
        isAdmitted: !hasMaps,
        signal,
      };
      const { held, change } = await this.#runEach(item, path, around);
      change.patch?.set([...this.#path, "results", index], held.stored).delete([...this.#path, "items", index]);
      await change.commit();
      run.progress.end(false);
      return held;
    } finally {
      this.#running--;
      this.#wake?.();
    }
  }

  async #runEach(item: unknown, path: string, around: Surroundings): Promise<Outcome> {
    const { run, signal } = around;
    const { each } = this.#node;
    const here = { ...around, prefix: path };
    if ("nodes" in each) return around.runGraph(each, run.values.hold(item), around);
    if (each.kind === "map") return runMap(each, item, here);
    if (each.kind === "workflow") return around.runGraph(each.graph, run.values.hold(item), around);
    const change = new Change(run);
    const { value, session } = await runLeaf(each, path, item, run, signal);
    session.apply(change.patch);
    return { held: await run.values.put(value, path), change };
  }

  async #take(index: number, sum: unknown, held: Held): Promise<void> {
    const change = new Change(this.#around.run);
    change.unread(held);
    change.patch
      ?.set([...this.#path, "taken"], index + 1)
      .set([...this.#path, "sum"], sum)
      .delete([...this.#path, "results", index]);
    await change.commit();
  }
}

interface Numbered {
  readonly item: unknown;
  readonly index: number;
}

const quiet = { expect: () => undefined, end: () => undefined };

function holdsMap({ nodes }: Graph): boolean {
  return [...nodes.values()].some(isMap);
}

function isMap(node: WorkflowNode): boolean {
  return node.kind === "map" || (node.kind === "workflow" && holdsMap(node.graph));
}

function sizeOf(items: object): number | undefined {
  if ("length" in items && typeof items.length === "number") return items.length;
  return "size" in items && typeof items.size === "number" ? items.size : undefined;
}

/** A few at once, in their order, without places of their own. */
async function* inOrder<T, R>(items: AsyncIterable<T>, work: (item: T) => Promise<R>, most: number): AsyncGenerator<R> {
  const running: Promise<R>[] = [];
  for await (const item of items) {
    const started = work(item);
    started.catch(() => undefined);
    running.push(started);
    const first = running.length >= most ? running.shift() : undefined;
    if (first) yield await first;
  }
  for (const started of running) yield await started;
}
