/**
 * The shape of a graph: names, kinds and edges, workflows within it included. A run goes on only with the shape that it began with; the
 * code within nodes may change.
 */
import { createHash } from "node:crypto";
import type { Graph, WorkflowNode } from "../graph/node.ts";

/** A few characters that are the same for the same shape. */
export function shapeOf(graph: Graph): string {
  return createHash("sha256")
    .update(JSON.stringify(outline(graph)))
    .digest("base64url")
    .slice(0, 16);
}

function outline({ nodes, edges, result }: Graph): unknown {
  return [
    [...nodes].map(([name, node]) => [name, outlineOf(node)]),
    edges.map(({ from, to, when }) => [from, to, when]),
    result,
  ];
}

function outlineOf(node: WorkflowNode): unknown {
  if (node.kind === "workflow") return [node.kind, outline(node.graph), node.repeat !== undefined];
  if (node.kind !== "map") return [node.kind];
  const { each, reduce } = node;
  return [node.kind, "nodes" in each ? outline(each) : outlineOf(each), reduce !== undefined];
}
