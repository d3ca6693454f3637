/** Building graphs: what cannot run is refused with the names of its nodes, what does not fit is refused by the compiler, and both are drawn. */
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import { agent, condition, Executor, map, subWorkflow, tool, transform, Workflow } from "../src/index.ts";

const pass = transform({ run: (value: unknown) => value });

describe("Workflow", () => {
  it.each<[string, () => unknown, string]>([
    ["no node", () => new Workflow({ name: "w" }).validate(), 'The workflow "w" has no node'],
    ["a node twice", () => new Workflow({ name: "w" }).addNode("a", pass).addNode("a", pass), 'has two nodes "a"'],
    ["a node input", () => new Workflow({ name: "w" }).addNode("input", pass), "the workflow's own input"],
    ["a bad name", () => new Workflow({ name: "w" }).addNode("a b", pass), 'a node "a b"'],
    [
      "a loop of one",
      () => new Workflow({ name: "w" }).addNode("a", pass).connect("a", "a").validate(),
      'leads "a" to itself',
    ],
    [
      "a cycle",
      () =>
        new Workflow({ name: "w" })
          .addNode("z", pass)
          .addNode("a", pass)
          .addNode("b", pass)
          .addNode("c", pass)
          .connect("z", "a")
          .connect("a", "b")
          .connect("b", "c")
          .connect("c", "a")
          .validate(),
      "has a cycle a → b → c → a",
    ],
    [
      "a choice of no condition",
      () => new Workflow({ name: "w" }).addNode("a", pass).addNode("b", pass).connect("a", "b", "yes").validate(),
      '"a" is no condition',
    ],
    [
      "a condition that leads nowhere",
      () => new Workflow({ name: "w" }).addNode("a", condition({ choose: () => "x" })).validate(),
      'a condition "a" that leads nowhere',
    ],
    [
      "an edge twice",
      () =>
        new Workflow({ name: "w" })
          .addNode("a", pass)
          .addNode("b", pass)
          .connect("a", "b")
          .connect("a", "b")
          .validate(),
      "the edge a → b twice",
    ],
    [
      "a bad workflow inside",
      () =>
        new Workflow({ name: "w" })
          .addNode("a", map({ items: () => [], each: subWorkflow(new Workflow({ name: "inner" })) }))
          .addNode("b", subWorkflow(new Workflow({ name: "inner" })))
          .validate(),
      'The workflow "inner" has no node',
    ],
  ])("refuses %s", (_what, build, message) => {
    expect(build).toThrow(message);
  });

  it("says which edge a choice has not", async () => {
    const workflow = new Workflow<number>({ name: "w" })
      .addNode("a", condition({ choose: (value: number) => `choice ${value}` }))
      .addNode("b", pass)
      .connect("a", "b", "choice 1");
    await using executor = new Executor();
    await expect(executor.execute(workflow, 2)).rejects.toThrow('The condition "a" chose "choice 2", and no edge');
  });

  it("knows what nodes give and take", () => {
    const workflow = new Workflow({ name: "typed", input: z.object({ id: z.number() }) })
      .addNode("load", tool({ run: async ({ id }: { id: number }) => ({ text: String(id) }) }))
      .addNode("size", transform({ run: ({ text }: { text: string }) => text.length }))
      .addNode("sizes", map({ items: (size: number) => [size, size], each: transform({ run: (n: number) => `${n}` }) }))
      .connect("load", "size")
      .connect("size", "sizes")
      .returns("sizes");
    expectTypeOf(workflow.$types).toEqualTypeOf<((input: { id: number }) => string[]) | undefined>();
    // @ts-expect-error what load gives is no number
    workflow.connect("load", "sizes");
    // @ts-expect-error there is no such node
    workflow.connect("load", "other");
    const judged = agent({ output: z.object({ good: z.boolean() }), prompt: (text: string) => text });
    expectTypeOf(judged.$types).toEqualTypeOf<((input: string) => { good: boolean }) | undefined>();
  });

  it("is drawn as Mermaid, with the workflows within it", () => {
    const inner = new Workflow({ name: "one page" })
      .addNode("fetch", pass)
      .addNode("end", agent())
      .connect("fetch", "end");
    const workflow = new Workflow({ name: "all" })
      .addNode("choose", condition({ choose: () => "new" }))
      .addNode("pages", map({ items: () => [], each: inner }))
      .addNode("join", pass)
      .connect("choose", "pages", 'the "new" ones')
      .connect("input", "join");
    expect(workflow.toMermaid()).toBe(
      [
        "flowchart TD",
        '  input(["input"])',
        '  choose{"choose"}',
        '  pages[/"pages: for each"/]',
        '  subgraph pages.in["pages: one page"]',
        '  pages.fetch["fetch"]',
        '  pages.end("end (agent)")',
        "  pages.fetch --> pages.end",
        "  end",
        "  pages -.- pages.in",
        '  join["join"]',
        '  choose -->|"the #quot;new#quot; ones"| pages',
        "  input --> join",
      ].join("\n"),
    );
  });

  it("keeps Mermaid's own words apart", () => {
    const workflow = new Workflow({ name: "w" }).addNode("end", pass).addNode("style", pass).connect("end", "style");
    expect(workflow.toMermaid()).toContain("end_ --> style_");
  });

  it("runs any graph without cycles, each node once and after all before it", async () => {
    const graphs = fc
      .integer({ min: 1, max: 9 })
      .chain((size) =>
        fc.tuple(fc.constant(size), fc.uniqueArray(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { selector: String })),
      );
    await using executor = new Executor();
    await fc.assert(
      fc.asyncProperty(graphs, async ([size, pairs]) => {
        const edges = pairs.filter(([from, to]) => from < to);
        const ran: number[] = [];
        let workflow: Workflow<unknown, unknown, Record<string, { input: unknown; output: unknown }>> = new Workflow({
          name: "random",
        });
        for (let node = 0; node < size; node++)
          workflow = workflow.addNode(
            `n${node}`,
            transform({
              run: async () => {
                await Promise.resolve();
                ran.push(node);
                return node;
              },
            }),
          );
        for (const [from, to] of edges) workflow.connect(`n${from}`, `n${to}`);
        await executor.execute(workflow, undefined);
        expect(ran.toSorted((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, node) => node));
        for (const [from, to] of edges) expect(ran.indexOf(from)).toBeLessThan(ran.indexOf(to));
      }),
      { numRuns: 60 },
    );
  });
});
