import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { adopt, ledger, openScope, PlimsollError, scope, type Scope, untracked } from "../../src/scope/index.ts";
import { Counted, countedAdapter } from "./counted.ts";

let adoption: Disposable;
beforeEach(() => {
  adoption = adopt(countedAdapter);
});
afterEach(() => adoption[Symbol.dispose]());

function thrownBy(body: () => unknown): unknown {
  try {
    body();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe("a scope", () => {
  it("releases what was created in it and not returned", () => {
    const inner: Counted[] = [];
    const kept = scope(() => {
      for (let i = 0; i < 10; i++) inner.push(new Counted());
      return inner[3];
    });
    expect(inner.filter(({ references }) => references > 0)).toEqual([kept]);
    expect(ledger.live("counted")).toBe(1);
  });

  it("hands on every owned leaf of the returned tree", () => {
    class Model {
      readonly weights = new Counted();
      readonly hidden = { deep: [new Set([new Counted()])] };
    }
    const tree = scope(() => ({
      model: new Model(),
      map: new Map([[new Counted(), [new Counted()]]]),
      lost: new Counted().label,
    }));
    expect(ledger.live("counted")).toBe(4);
    expect(tree.model.weights.references).toBe(1);
  });

  it("hands survivors to the scope around it, which releases them in turn", () => {
    const value = { held: undefined as Counted | undefined };
    scope(() => {
      value.held = scope(() => new Counted());
      expect(value.held.references).toBe(1);
    });
    expect(value.held?.references).toBe(0);
  });

  it("brings a survivor to as many references as it stands for in the result", () => {
    const [once] = scope(() => {
      const value = new Counted();
      return [value.ref.ref.ref];
    });
    const [twice] = scope(() => {
      const value = new Counted();
      return [value.ref.ref, value];
    });
    const [lacking] = scope(() => {
      const value = new Counted();
      return [value, value];
    });
    expect([once?.references, twice?.references, lacking?.references]).toEqual([1, 2, 1]);
  });

  it("undoes references to outer values that were lost in it, and keeps those that are returned", () => {
    const outer = new Counted();
    scope(() => void outer.ref.ref);
    expect(outer.references).toBe(1);
    expect(scope(() => outer.ref)).toBe(outer);
    expect(outer.references).toBe(2);
  });

  it("leaves outer values that were consumed in it consumed", () => {
    const outer = new Counted();
    scope(() => {
      const moved = outer.ref;
      moved.dispose();
      outer.dispose();
    });
    expect(outer.references).toBe(0);
  });

  it("passes lost references on to the scope that can tell", () => {
    scope(() => {
      const value = new Counted();
      scope(() => scope(() => value.ref));
      expect(value.references).toBe(2);
    });
    expect(ledger.live("counted")).toBe(0);
  });

  it("releases in the reverse order, deferred work included, and once", () => {
    const order: string[] = [];
    class Handle {
      readonly label: string;
      constructor(label: string) {
        this.label = label;
      }
      close(): void {
        order.push(this.label);
      }
    }
    scope((s) => {
      s.use(new Handle("first"));
      s.defer(() => order.push("deferred"));
      s.use(new Handle("last"));
    });
    expect(order).toEqual(["last", "deferred", "first"]);
  });

  it("keeps what it is told to keep", () => {
    const kept: Counted[] = [];
    scope((s) => {
      s.keep({ list: kept });
      kept.push(new Counted());
      s.keep(kept);
    });
    expect(kept[0]?.references).toBe(1);
  });

  it("leaves what is created untracked to nobody", () => {
    const cache = scope(() => ({ entry: untracked(() => new Counted()).label, live: ledger.live("counted") }));
    expect(cache.live).toBe(1);
    expect(ledger.live("counted")).toBe(1);
  });
});

describe("a scope whose body throws", () => {
  it("releases everything and passes the error on", () => {
    const mistake = new TypeError("mistake");
    const error = thrownBy(() =>
      scope((s) => {
        s.keep(new Counted());
        new Counted();
        throw mistake;
      }),
    );
    expect(error).toBe(mistake);
    expect(ledger.live("counted")).toBe(1);
  });

  it("tells all failures of releasing, the body's first", () => {
    const error = thrownBy(() =>
      scope(() => {
        for (const label of ["a", "b", "c"]) new Counted(label).isStubborn = label !== "b";
        throw new Error("body");
      }),
    );
    if (!PlimsollError.is(error, "ERR_PLIMSOLL_RELEASE_FAILED")) throw error;
    const { cause } = error;
    if (!(cause instanceof AggregateError)) throw new Error("no cause");
    expect(cause.errors.map(String)).toEqual(["Error: body", "Error: c does not go", "Error: a does not go"]);
    expect(ledger.live("counted")).toBe(2);
  });

  it("refuses a returned tree that holds itself, with the path, and releases all", () => {
    const error = thrownBy(() =>
      scope(() => {
        const tree: { value: Counted; up: { back?: unknown } } = { value: new Counted(), up: {} };
        tree.up.back = tree;
        return tree;
      }),
    );
    expect(error).toMatchObject({ code: "ERR_PLIMSOLL_TREE_CYCLE", details: { path: ".up.back" } });
    expect(ledger.live("counted")).toBe(0);
  });
});

describe("bad use", () => {
  it("of an ended scope is refused, with the place where it ended", () => {
    let escaped: Scope | undefined;
    scope((s) => {
      escaped = s;
      new Counted();
    });
    const error = thrownBy(() => escaped?.keep(1));
    expect(error).toMatchObject({
      code: "ERR_PLIMSOLL_SCOPE_ENDED",
      message: expect.stringContaining("scope.test.ts"),
    });
  });

  it("of an unknown value names its class", () => {
    class Strange {
      readonly field = 1;
    }
    expect(thrownBy(() => scope((s) => s.use(new Strange())))).toMatchObject({
      code: "ERR_PLIMSOLL_UNKNOWN_VALUE",
      details: { className: "Strange" },
    });
    expect(thrownBy(() => scope((s) => s.use(new Map())))).toMatchObject({ code: "ERR_PLIMSOLL_UNKNOWN_VALUE" });
    expect(thrownBy(() => scope((s) => s.use(Object.create(null) as object)))).toMatchObject({
      code: "ERR_PLIMSOLL_UNKNOWN_VALUE",
    });
  });

  it("of a released value shows both places", () => {
    const lost: Counted[] = [];
    scope(() => lost.push(new Counted()));
    const error = thrownBy(() => scope((s) => s.use(lost[0] ?? new Counted())));
    expect(error).toMatchObject({
      code: "ERR_PLIMSOLL_RELEASED",
      message: expect.stringMatching(/Released:\n +at .*scope\.test\.ts/),
    });
    expect(String((error as Error).stack)).toContain("Now:");
    expect(thrownBy(() => scope(() => [new Counted(), lost[0]]))).toMatchObject({ code: "ERR_PLIMSOLL_RELEASED" });
  });

  it("of a name twice is refused", () => {
    expect(thrownBy(() => adopt(countedAdapter))).toMatchObject({ code: "ERR_PLIMSOLL_BAD_OPTION" });
  });
});

describe("asynchronous scopes", () => {
  it("release when their promise settles, either way", async () => {
    const result = await scope(async () => {
      const value = new Counted();
      await turn();
      new Counted();
      return { value };
    });
    expect(result.value.references).toBe(1);
    await expect(
      scope(async () => {
        new Counted();
        await turn();
        throw new Error("late");
      }),
    ).rejects.toThrow("late");
    expect(ledger.live("counted")).toBe(1);
  });

  it("wait for releases that take their time, in order, and gather their failures", async () => {
    const order: string[] = [];
    const session = (label: string) => ({
      async close() {
        await delay(1);
        order.push(label);
        if (label === "b") throw new Error("b broke");
      },
    });
    const failing = scope(async (s) => {
      for (const label of ["a", "b", "c"]) s.use(session(label));
      await turn();
    });
    await expect(failing).rejects.toMatchObject({ code: "ERR_PLIMSOLL_RELEASE_FAILED" });
    expect(order).toEqual(["c", "b", "a"]);
  });

  it("wait for what a synchronous scope inside could not wait for", async () => {
    const order: string[] = [];
    await scope(async () => {
      scope((s) => s.defer(() => turn().then(() => order.push("inner"))));
      await Promise.resolve();
    });
    expect(order).toEqual(["inner"]);
  });

  it("never touch each other's values, however they interleave", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.boolean(), { maxLength: 6 }), { minLength: 1, maxLength: 12 }),
        async (jobs) => {
          const before = ledger.live("counted");
          const results = await Promise.all(
            jobs.map((steps, job) =>
              scope(async () => {
                const made: Counted[] = [];
                for (const isTurn of steps) {
                  made.push(new Counted(`job ${job}`));
                  await (isTurn ? turn() : Promise.resolve());
                  if (made.some(({ references }) => references !== 1)) throw new Error("released by another");
                }
                return made.at(-1);
              }),
            ),
          );
          const kept = results.filter((value) => value !== undefined);
          expect(kept.every(({ references }) => references === 1)).toBe(true);
          expect(ledger.live("counted") - before).toBe(kept.length);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("leave values created after their end to the next open scope", async () => {
    let late: Counted | undefined;
    await scope(async () => {
      let done: Promise<void> | undefined;
      await scope(async () => {
        done = turn().then(() => void (late = new Counted()));
        await Promise.resolve();
      });
      await done;
      expect(late?.references).toBe(1);
    });
    expect(late?.references).toBe(0);
  });
});

describe("an opened scope", () => {
  it("owns what its block creates", () => {
    const kept = (() => {
      using s = openScope();
      new Counted();
      return s.keep(new Counted());
    })();
    expect(kept.references).toBe(1);
    expect(ledger.live("counted")).toBe(1);
  });

  it("can be ended twice, and out of order", () => {
    const outer = openScope();
    const value = new Counted();
    const inner = openScope();
    new Counted();
    outer[Symbol.dispose]();
    expect(value.references).toBe(0);
    inner[Symbol.dispose]();
    inner[Symbol.dispose]();
    expect(ledger.live("counted")).toBe(0);
    new Counted();
    expect(ledger.live("counted")).toBe(1);
  });

  it("is refused over an await, and owns nothing that came after", async () => {
    const s = openScope();
    const before = new Counted();
    await turn();
    const after = new Counted();
    expect(thrownBy(() => s[Symbol.dispose]())).toMatchObject({ code: "ERR_PLIMSOLL_SCOPE_HELD" });
    expect([before.references, after.references]).toEqual([0, 1]);
  });
});

describe("any nesting of scopes", () => {
  type Step =
    | { readonly act: "make" | "lose" | "keep" | "throw" }
    | { readonly act: "nest"; readonly steps: readonly Step[] };
  const { steps } = fc.letrec<{ steps: Step[]; step: Step }>((tie) => ({
    steps: fc.array(tie("step"), { maxLength: 6 }),
    step: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom<Step>({ act: "make" }, { act: "lose" }, { act: "keep" }, { act: "throw" }),
      fc.record({ act: fc.constant("nest" as const), steps: tie("steps") }),
    ),
  }));

  it("leaves alive exactly what its outermost scope returned, one reference each", () => {
    fc.assert(
      fc.property(steps, (program) => {
        const before = ledger.live("counted");
        const run = (list: readonly Step[]): Counted[] =>
          scope(() => {
            const result: Counted[] = [];
            for (const step of list) {
              if (step.act === "nest") {
                try {
                  result.push(...run(step.steps));
                } catch {
                  // Its values are gone.
                }
              } else if (step.act === "throw") throw new Error("on purpose");
              else {
                const value = new Counted();
                if (step.act === "lose") void value.ref.ref;
                if (step.act === "keep") result.push(value);
              }
            }
            return result;
          });
        let result: Counted[] = [];
        try {
          result = run(program);
        } catch {
          // Its values are gone.
        }
        expect(result.every(({ references }) => references === 1)).toBe(true);
        expect(ledger.live("counted") - before).toBe(result.length);
      }),
    );
  });
});
