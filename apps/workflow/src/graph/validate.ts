/**
 * Can a graph run? What is wrong is said with the names of the nodes, before anything has run.
 */
import { WorkflowError } from "../workflow-error.ts";
import type { Graph } from "./node.ts";

const NAME = /^[A-Za-z][\w-]{0,62}$/;
const RESERVED = "input";

/** @throws WorkflowError `ERR_WORKFLOW_GRAPH` when a graph cannot have one more node of this name. */
export function assertName({ name: graph, nodes }: Graph, name: string): void {
  if (nodes.has(name)) throw wrong(graph, `has two nodes "${name}"; give one of them another name`);
  if (name === RESERVED) throw wrong(graph, `has a node "${RESERVED}", which is the name of the workflow's own input`);
  if (!NAME.test(name))
    throw wrong(graph, `has a node ${JSON.stringify(name)}; a name is a letter and up to 62 letters, digits, _ or -`);
}

/** @throws WorkflowError `ERR_WORKFLOW_GRAPH` */
export function validateGraph(graph: Graph): void {
  const { name, nodes, edges, result } = graph;
  if (nodes.size === 0) throw wrong(name, "has no node; begin with addNode(name, node)");
  const seen = new Set<string>();
  for (const { from, to, when } of edges) {
    for (const end of [from, to])
      if (end !== RESERVED && !nodes.has(end)) throw wrong(name, `has an edge ${from} → ${to}, but no node "${end}"`);
    if (from === to) throw wrong(name, `leads "${from}" to itself; to loop, use subWorkflow(…, { repeat })`);
    if (when !== undefined && nodes.get(from)?.kind !== "condition")
      throw wrong(name, `has an edge ${from} → ${to} for the choice "${when}", but "${from}" is no condition`);
    const key = JSON.stringify([from, to, when]);
    if (seen.has(key)) throw wrong(name, `has the edge ${from} → ${to} twice`);
    seen.add(key);
  }
  for (const [node, { kind }] of nodes) {
    if (kind === "condition" && !edges.some(({ from }) => from === node))
      throw wrong(name, `has a condition "${node}" that leads nowhere; connect it`);
  }
  if (result !== undefined && !nodes.has(result)) throw wrong(name, `returns "${result}", but has no such node`);
  const cycle = findCycle(graph);
  if (cycle) throw wrong(name, `has a cycle ${cycle.join(" → ")}; to loop, use subWorkflow(…, { repeat })`);
  for (const node of nodes.values()) {
    if (node.kind === "workflow") node.graph.validate();
    if (node.kind === "map" && "nodes" in node.each) node.each.validate();
  }
}

/** Nodes in the order in which they can run; fewer than there are where a cycle is. */
export function topologicalOrder({ nodes, edges }: Graph): string[] {
  const waits = new Map([...nodes.keys()].map((node) => [node, 0]));
  for (const { from, to } of edges) if (from !== RESERVED) waits.set(to, (waits.get(to) ?? 0) + 1);
  const order = [...waits].filter(([, count]) => count === 0).map(([node]) => node);
  for (const node of order) {
    for (const { from, to } of edges) {
      if (from !== node) continue;
      const left = (waits.get(to) ?? 0) - 1;
      waits.set(to, left);
      if (left === 0) order.push(to);
    }
  }
  return order;
}

function findCycle(graph: Graph): string[] | undefined {
  const ordered = new Set(topologicalOrder(graph));
  const stuck = [...graph.nodes.keys()].filter((node) => !ordered.has(node));
  if (stuck.length === 0) return undefined;
  // Every stuck node has a stuck one before it: going back from any of them comes to a node twice.
  const path: string[] = [];
  let at = stuck[0];
  while (at !== undefined && !path.includes(at)) {
    path.unshift(at);
    const here = at;
    at = graph.edges.find(({ from, to }) => to === here && from !== RESERVED && !ordered.has(from))?.from;
  }
  const end = at === undefined ? path.length : path.indexOf(at) + 1;
  const cycle = path.slice(0, end);
  return [...cycle.slice(-1), ...cycle];
}

function wrong(graph: string, what: string): WorkflowError {
  return new WorkflowError("ERR_WORKFLOW_GRAPH", `The workflow "${graph}" ${what}.`, { workflow: graph });
}
