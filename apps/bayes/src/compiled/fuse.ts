/**
 * Puts the steps of a model into groups that share one loop: functions of single elements over the same shape, and the
 * sums of what they give. One pass over the data then does what would be ten.
 */
import type { Node } from "../graph/node.ts";

/** V8 optimises functions of a limited size only. */
const MAX_MEMBERS = 150;

/** Steps that run in one loop over `size` elements, or a single step of another kind. */
export interface Group {
  readonly isLoop: boolean;
  readonly size: number;
  readonly nodes: readonly Node[];
}

/** What a loop must have in common; `undefined` for a step that has none. */
function keyOf({ operation, shape, inputs }: Node): string | undefined {
  if (operation.kind === "elementwise") return shape.join();
  return operation.kind === "sum" && operation.axis === "all" ? inputs[0]?.shape.join() : undefined;
}

/** Groups steps and puts them into an order in which all inputs come first. */
export function fuse(nodes: readonly Node[]): Group[] {
  const waiting = new Map<Node, number>();
  const consumers = new Map<Node, Node[]>();
  const own = new Set(nodes);
  for (const node of nodes) {
    const inputs = new Set(node.inputs.filter((input) => own.has(input)));
    waiting.set(node, inputs.size);
    for (const input of inputs) {
      const list = consumers.get(input);
      if (list) list.push(node);
      else consumers.set(input, [node]);
    }
  }
  const ready = new Map<string | undefined, Node[]>();
  const offer = (node: Node): void => {
    const key = keyOf(node);
    const list = ready.get(key);
    if (list) list.push(node);
    else ready.set(key, [node]);
  };
  for (const node of nodes) if (waiting.get(node) === 0) offer(node);
  const done = (node: Node): void => {
    for (const consumer of consumers.get(node) ?? []) {
      const left = (waiting.get(consumer) ?? 0) - 1;
      waiting.set(consumer, left);
      if (left === 0) offer(consumer);
    }
  };
  const groups: Group[] = [];
  for (;;) {
    const single = ready.get(undefined)?.shift();
    if (single) {
      groups.push({ isLoop: false, size: single.size, nodes: [single] });
      done(single);
      continue;
    }
    const [key] = [...ready].find(([, list]) => list.length > 0) ?? [];
    if (key === undefined) return groups;
    groups.push(takeLoop(ready, key, done));
  }
}

/** Takes what is ready with one key, and what becomes ready by it, until nothing more joins. */
function takeLoop(ready: Map<string | undefined, Node[]>, key: string, done: (node: Node) => void): Group {
  const members: Node[] = [];
  const sums: Node[] = [];
  const list = (): Node[] => ready.get(key) ?? [];
  for (let node = list().shift(); node; node = members.length < MAX_MEMBERS ? list().shift() : undefined) {
    members.push(node);
    // A sum is complete when its loop is: what reads it comes later.
    if (node.operation.kind === "sum") sums.push(node);
    else done(node);
  }
  for (const node of sums) done(node);
  const [first] = members;
  const size = first?.operation.kind === "sum" ? (first.inputs[0]?.size ?? 1) : (first?.size ?? 1);
  return { isLoop: true, size, nodes: members };
}
