/**
 * The search for holders on random graphs of vectors: it finds a path whenever there is one, a shortest one, made of references that are
 * there; and it finds every holder when it is asked for all.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import { describePath, findHolders } from "../../src/memory/why-alive.ts";

const SIZE = 12;

/** A graph: vectors, and to which others each refers. */
const graphs = fc
  .array(fc.array(fc.nat(SIZE - 1), { maxLength: 3 }), { minLength: SIZE, maxLength: SIZE })
  .map((links) => {
    const nodes: object[][] = links.map(() => []);
    for (const [index, targets] of links.entries()) for (const to of targets) nodes[index]?.push(nodes[to] ?? []);
    return nodes;
  });

/** How many references there are between the root and each node that it leads to. */
function distances(root: object[]): Map<object, number> {
  const found = new Map<object, number>([[root, 0]]);
  for (const [node, distance] of found)
    for (const target of node as object[]) if (!found.has(target)) found.set(target, distance + 1);
  return found;
}

it("finds shortest paths of references that are there, and only where there are any", () => {
  fc.assert(
    fc.property(graphs, fc.nat(SIZE - 1), (nodes, wanted) => {
      const [root = [], value = []] = [nodes[0], nodes[wanted]];
      const { paths, isComplete } = findHolders(value, [{ name: "root", target: root }], 1000);
      const distance = distances(root).get(value);
      expect(paths.length).toBe(distance === undefined ? 0 : 1);
      expect(isComplete || paths.length > 0).toBe(true);
      for (const path of paths) {
        expect(path.length - 1).toBe(distance);
        expect(path[0]).toMatchObject({ name: "root", target: root });
        expect(path.at(-1)?.target).toBe(value);
        for (const [index, { target, name }] of path.slice(1).entries()) {
          const holder = path[index]?.target as object[];
          const slot = Number(/^slot (\d+) of a vector$/.exec(name)?.[1]);
          expect(holder[slot]).toBe(target);
        }
        expect(describePath(path)).toHaveLength(path.length);
      }
    }),
    { numRuns: 300 },
  );
});

it("finds every holder", () => {
  fc.assert(
    fc.property(graphs, fc.integer({ min: 1, max: SIZE - 1 }), (nodes, wanted) => {
      const [root = [], value = []] = [nodes[0], nodes[wanted]];
      const { paths } = findHolders(value, [{ name: "root", target: root }], 1000, 100);
      // What is reached by way of the value alone does not hold it from outside.
      const without = new Map<object, number>([[root, 0]]);
      for (const node of without.keys())
        for (const target of node as object[]) if (target !== value) without.set(target, 0);
      const holders = [...without.keys()].filter((node) => (node as object[]).includes(value));
      expect(new Set(paths.map((path) => path.at(-2)?.target))).toEqual(new Set(holders));
      expect(paths).toHaveLength(holders.length);
    }),
    { numRuns: 300 },
  );
});

it("stops at its limit, and says so", () => {
  const chain: object[] = [];
  let last = chain;
  for (let depth = 0; depth < 100; depth++) {
    const next: object[] = [];
    last.push(next);
    last = next;
  }
  const roots = [{ name: "root", target: chain }];
  expect(findHolders(last, roots, 50)).toEqual({ paths: [], isComplete: false });
  expect(findHolders(last, roots, 200).paths[0]).toHaveLength(101);
  expect(findHolders({}, roots, 200)).toEqual({ paths: [], isComplete: true });
});
