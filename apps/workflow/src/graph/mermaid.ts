/**
 * A graph as a Mermaid flowchart, workflows within it as subgraphs. Its shapes: rounded for agents, a rhombus for conditions, a
 * slanted box for maps.
 */
import type { Graph, WorkflowNode } from "./node.ts";

const SHAPES: Readonly<Record<WorkflowNode["kind"], readonly [string, string]>> = {
  tool: ["[", "]"],
  transform: ["[", "]"],
  agent: ["(", ")"],
  condition: ["{", "}"],
  map: ["[/", "/]"],
  workflow: ["[[", "]]"],
};

/** Words of Mermaid's own, which would end or style something as the name of a node. */
const RESERVED = /^(?:end|graph|subgraph|flowchart|style|class|click|default|direction|linkStyle|classDef|call|href)$/i;

/** The flowchart. */
export function toMermaid(graph: Graph): string {
  return ["flowchart TD", ...linesOf(graph, "")].join("\n");
}

function linesOf({ nodes, edges }: Graph, prefix: string): string[] {
  const lines: string[] = [];
  const first = edges.some(({ from }) => from === "input");
  if (first) lines.push(`  ${prefix}input(["input"])`);
  for (const [name, node] of nodes) {
    const inner =
      node.kind === "workflow" ? node.graph : node.kind === "map" && "nodes" in node.each ? node.each : undefined;
    const [open, close] = SHAPES[node.kind];
    const label = node.kind === "map" ? `${name}: for each` : node.kind === "agent" ? `${name} (agent)` : name;
    lines.push(`  ${idOf(prefix, name)}${open}"${label}"${close}`);
    if (!inner) continue;
    const id = `${prefix}${name}.`;
    lines.push(`  subgraph ${id}in["${name}: ${escaped(inner.name)}"]`, ...linesOf(inner, id), "  end");
    lines.push(`  ${idOf(prefix, name)} -.- ${id}in`);
  }
  for (const { from, to, when } of edges)
    lines.push(`  ${idOf(prefix, from)} -->${when === undefined ? "" : `|"${escaped(when)}"|`} ${idOf(prefix, to)}`);
  return lines;
}

function idOf(prefix: string, name: string): string {
  return prefix === "" && RESERVED.test(name) ? `${name}_` : prefix + name;
}

function escaped(text: string): string {
  return text.replaceAll('"', "#quot;").replaceAll("\n", " ");
}
