/**
 * Random programs of nested functions, blocks, parameters with defaults, classes and assignments: their
 * results must not change, whatever names are wished.
 */
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, it } from "vitest";
import { assignNames } from "../src/rename/assign-names.ts";
import { analyse } from "../src/scope/analyse.ts";
import { apply } from "./support/apply.ts";

const name = fc.constantFrom("a", "b", "c", "d");
const number = fc.integer({ min: 0, max: 9 }).map(String);

/** Programs as text; every statement may use and declare the same few names. */
const { statement } = fc.letrec<{ expression: string; statement: string; body: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    number,
    name.map((n) => `safe(() => ${n})`),
    fc.tuple(name, tie("expression")).map(([n, e]) => `safe(() => (${n} = ${e}))`),
    fc.tuple(tie("expression"), tie("expression")).map(([x, y]) => `(${x} + ${y})`),
    fc.tuple(name, tie("expression"), tie("body")).map(([n, e, b]) => `call((${n} = ${e}) => {${b}})`),
    fc
      .tuple(name, name, tie("body"), tie("expression"))
      .map(([n, p, b, e]) => `call(function ${n}(${p}) {${b}}, ${e})`),
    fc
      .tuple(name, name, tie("expression"))
      .map(([n, m, e]) => (n === m ? e : `call(({ ${n}, k: ${m} = ${e} }) => safe(() => [${n}, ${m}]), { ${n}: 1 })`)),
    fc
      .tuple(name, tie("expression"))
      .map(([n, e]) => `safe(() => new (class ${n} { v = ${e}; t() { return typeof ${n} } })().v)`),
  ),
  statement: fc.oneof(
    { depthSize: "small" },
    fc.tuple(name, tie("expression")).map(([n, e]) => `var ${n} = ${e};`),
    fc.tuple(name, tie("expression")).map(([n, e]) => `try { throw ${e} } catch (${n}) { out.push(${n}); var ${n} }`),
    fc
      .tuple(name, tie("expression"))
      .map(([n, e]) => `{ let ${n} = 1; out.push(${e}, ${n}); { const ${n} = 2; out.push(${e}, ${n}) } }`),
    fc.tuple(name, tie("body")).map(([n, b]) => `{ function ${n}() {${b}} out.push(safe(() => typeof ${n})); }`),
    fc.tuple(name, tie("body")).map(([n, b]) => `function ${n}() {${b}}`),
    fc.tuple(name, tie("expression")).map(([n, e]) => `for (var ${n} = 0; ${n} < 2; ${n}++) out.push(${e});`),
    tie("expression").map((e) => `out.push(${e});`),
  ),
  body: fc.array(tie("statement"), { maxLength: 3 }).map((statements) => statements.join(" ")),
}));

const PRELUDE = `var out = [], calls = 0;
var safe = (f) => { try { const v = f(); return typeof v === "function" ? "function" : v } catch (e) { return e.name } };
var call = (f, v) => (++calls > 200 ? 0 : safe(() => f(v)));`;

function run(code: string): string {
  try {
    return String(runInNewContext(`${PRELUDE}\n${code}\nJSON.stringify(out)`, {}, { timeout: 1000 }));
  } catch (error) {
    return error instanceof Error ? error.name : "thrown";
  }
}

it("means the same with colliding names", () => {
  let valid = 0;
  fc.assert(
    fc.property(fc.array(statement, { minLength: 1, maxLength: 6 }), fc.nat(3), (statements, shift) => {
      const code = `(function () { ${statements.join("\n")} })();`;
      const before = run(code);
      fc.pre(before !== "SyntaxError");
      valid++;
      const analysis = analyse(code, "script");
      const { names, bindings } = analysis;
      const wished = [names.idOf("a"), names.idOf("b"), names.idOf("safe"), names.idOf("z")];
      const renamed = apply(
        code,
        analysis,
        assignNames(analysis, (root) => wished[(root + shift + bindings.names.get(root)) % 4]),
      );
      expect([renamed, run(renamed)]).toEqual([renamed, before]);
    }),
    { numRuns: 300 },
  );
  expect(valid).toBeGreaterThan(100);
});
