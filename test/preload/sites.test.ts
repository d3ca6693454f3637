/** From V8's tree of samples to sites: who is billed, what is merged, what is left out. */
import { createRequire } from "node:module";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AllocationSite } from "../../src/base/wire.ts";

interface Node {
  callFrame: { functionName: string; scriptId: string; url: string; lineNumber: number; columnNumber: number };
  selfSize: number;
  id: number;
  children: Node[];
}
type Summarize = (
  profile: { head: Node; samples?: { nodeId: number }[] },
  ownDirectory: string,
) => { sites: AllocationSite[]; totalBytes: number };

const { summarize } = createRequire(import.meta.url)("../../dist/preload/sites.cjs") as { summarize: Summarize };

let nextId = 1;
function node(functionName: string, url: string, selfSize: number, children: Node[] = [], lineNumber = 10): Node {
  const scriptId = url === "" ? "0" : "7";
  return { callFrame: { functionName, scriptId, url, lineNumber, columnNumber: 4 }, selfSize, id: nextId++, children };
}
const root = (...children: Node[]): Node => node("(root)", "", 0, children, -1);

describe("summarize", () => {
  it("bills Node's and V8's own code to the nearest frame of the user's", () => {
    const read = node("read", "node:fs", 100, [node("push", "", 30, [], -1)]);
    const { sites, totalBytes } = summarize({ head: root(node("load", "file:///a/b%20c.mjs", 5, [read])) }, "/own");
    expect(totalBytes).toBe(135);
    expect(sites).toEqual([
      {
        where: { function: "load", file: "/a/b c.mjs", line: 11, column: 5 },
        callers: [],
        bytes: 135,
        count: 0,
        viaNodeBytes: 130,
      },
    ]);
  });

  it("keeps call paths apart, nearest caller first, and takes recursion for one frame", () => {
    const leaf = (): Node => node("leaf", "/x.js", 10, [], 1);
    const deep = node("f", "/x.js", 0, [node("f", "/x.js", 0, [leaf()], 2)], 2);
    const head = root(deep, node("f", "/x.js", 0, [leaf()], 2), node("g", "/x.js", 0, [leaf()], 3));
    const { sites } = summarize({ head }, "/own");
    expect(sites.map(({ callers, bytes }) => [callers.map((caller) => caller.function).join(), bytes])).toEqual([
      ["f", 20],
      ["g", 10],
    ]);
  });

  it("leaves out what the preload allocates, names modules, counts samples", () => {
    const module_ = { ...node("", "/m.js", 8, [], 0) };
    module_.callFrame.columnNumber = 0;
    const head = root(node("tick", "/own/agent.cjs", 500, [node("f", "/x.js", 9)]), module_);
    const { sites, totalBytes } = summarize(
      { head, samples: [{ nodeId: module_.id }, { nodeId: module_.id }] },
      "/own",
    );
    expect(totalBytes).toBe(8);
    expect(sites).toMatchObject([{ where: { function: "(module)", line: 1, column: 1 }, count: 2 }]);
  });

  it("loses no byte and gives at most 200 sites, largest first", () => {
    const depthIdentifier = fc.createDepthIdentifier();
    const tree = fc.letrec<{ node: Node }>((tie) => ({
      node: fc
        .tuple(
          fc.constantFrom("a", "b", ""),
          fc.constantFrom("/x.js", "/y.js", "node:fs", ""),
          fc.nat({ max: 1000 }),
          fc.nat({ max: 300 }),
          fc.oneof({ maxDepth: 5, depthIdentifier }, fc.constant<Node[]>([]), fc.array(tie("node"), { maxLength: 4 })),
        )
        .map(([name, url, size, line, children]) => node(name, url, size, children, line)),
    })).node;
    const sum = (one: Node): number => one.selfSize + one.children.reduce((bytes, child) => bytes + sum(child), 0);
    fc.assert(
      fc.property(fc.array(tree, { maxLength: 40 }), (children) => {
        const head = root(...children);
        const { sites, totalBytes } = summarize({ head }, "/own");
        expect(totalBytes).toBe(sum(head));
        expect(sites.length).toBeLessThanOrEqual(200);
        if (sites.length < 200) expect(sites.reduce((bytes, site) => bytes + site.bytes, 0)).toBe(totalBytes);
        const sizes = sites.map(({ bytes }) => bytes);
        expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
        for (const site of sites) {
          expect(site.callers.length).toBeLessThanOrEqual(8);
          expect(site.viaNodeBytes).toBeLessThanOrEqual(site.bytes);
        }
      }),
    );
  });
});
