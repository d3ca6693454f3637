/**
 * The plain graph against the definition of dominance: a node dominates another when no path from the root reaches
 * that one without it. The fast graph is compared with the plain one, so this is where both stand on the ground.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { ReferenceGraph } from "../support/reference-graph.ts";
import { smallSnapshots } from "./small-snapshots.ts";

function reachable(graph: ReferenceGraph, without?: number): Set<number> {
  const seen = new Set<number>(without === 0 ? [] : [0]);
  for (const node of seen) {
    for (const edge of graph.edges(node)) if (edge.to !== without && graph.isEssential(edge)) seen.add(edge.to);
  }
  return seen;
}

it("has the dominators and retained sizes of the definition", () => {
  fc.assert(
    fc.property(smallSnapshots(), ({ file }) => {
      const graph = new ReferenceGraph(file);
      const all = reachable(graph);
      const dominated = Array.from({ length: graph.nodeCount }, (_, node) => {
        const left = reachable(graph, node);
        return new Set([...all].filter((other) => all.has(node) && !left.has(other)));
      });
      for (let node = 0; node < graph.nodeCount; node += 1) {
        expect(graph.isReachable(node)).toBe(all.has(node));
        if (!all.has(node)) continue;
        const bytes = [...(dominated[node] ?? [])].reduce((sum, one) => sum + graph.selfSize(one), 0);
        expect(graph.retainedSize(node)).toBe(bytes);
        if (node === 0) continue;
        const strict = [...all].filter((other) => other !== node && dominated[other]?.has(node));
        // The nearest one is dominated by all the others.
        const nearest = strict.find((one) => strict.every((other) => dominated[other]?.has(one)));
        expect(graph.dominator(node)).toBe(nearest);
      }
    }),
    { numRuns: 300 },
  );
});
