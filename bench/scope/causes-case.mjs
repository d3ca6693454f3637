// One way in which memory of jax-js grows, or one that is well: does it so many times and writes which causes the ledger names.
import { countWebAssembly } from "../../dist/scope/count-web-assembly.js";

const webAssembly = countWebAssembly();
const { adopt, jaxArrays, ledger, scope, yieldTurn } = await import("../../dist/scope/index.js");
const { DIMENSION, jax, makeGradient, np } = await import("./eight-schools.mjs");

const [kind, times] = process.argv.slice(2);
const eager = await makeGradient(false);
const adapter = jaxArrays(jax, { webAssembly });
adopt(adapter);
const compiled = adapter.jit(jax.jit(eager));
const position = new Float32Array(DIMENSION).fill(0.1);
const take = (gradient) => scope(() => void gradient(np.array(position))[0].js());

let chain = np.array([1, 2, 3]);
const WORK = {
  // Both results are read: what nobody reads would wait with its slots, which is another cause.
  "lost-references": () => eager(np.array(position).ref).map((result) => result.js()),
  "lazy-chains": () => (chain = chain.mul(1.01)),
  "kept-weakrefs": () => take(eager),
  "compile-caches": (i) =>
    scope(
      () =>
        void np
          .array([1, 2])
          .mul(i + 0.123)
          .js(),
    ),
  "wasm-high-water": (i) => scope(() => void np.array(new Float32Array(2 ** 20 + 2 ** 16 * i))),
  "nothing (compiled, in scopes)": () => take(compiled),
  "nothing (eager, in scopes, with turns)": () => take(eager),
};
/** These last without a turn, since it is the turn that they lack. */
const WITHOUT_TURNS = new Set(["kept-weakrefs", "lazy-chains"]);

for (let i = 0; i < 20; i++) take(kind.startsWith("nothing (c") ? compiled : eager);
await yieldTurn({ everyMs: 0 });
const mark = ledger.mark();
for (let i = 0; i < Number(times); i++) {
  WORK[kind](i);
  if (!WITHOUT_TURNS.has(kind)) await yieldTurn({ everyMs: 0 });
}
const { causes, open } = await ledger.explain(mark);
const named = causes.map((cause) => cause.kind);
const expected = kind.startsWith("nothing") ? [] : [kind];
process.stderr.write(`${kind}: ${named.join(", ") || "nothing"}\n`);
console.log(
  JSON.stringify({ right: Number(String(named) === String(expected)), accused: named.length, open: open.length }),
);
process.exit(0);
