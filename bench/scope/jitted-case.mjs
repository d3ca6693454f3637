// One side of a comparison, alone in its process: compiled gradients in scopes (`scoped`), each of which loses a reference, or by hand
// without Plimsoll (`bare`), none lost. Told a number, it does as many and answers with the time they took; told `tell`, with what is alive.
import { setImmediate as turn } from "node:timers/promises";

const side = process.argv[2];
const memories = [];
const { Memory } = WebAssembly;
WebAssembly.Memory = class extends Memory {
  constructor(...parameters) {
    super(...parameters);
    memories.push(this);
  }
};
// Only now, for the library makes its memory when it is loaded.
const { countArrays, DIMENSION, jax, makeGradient, np } = await import("./eight-schools.mjs");
const countLive = countArrays();
const bare = await makeGradient(true);
const position = new Float32Array(DIMENSION).fill(0.1);

const calls = {
  bare: () => () => {
    const [value, gradient] = bare(np.array(position));
    return value.js() + gradient.js()[0];
  },
  async scoped() {
    const { adopt, jaxArrays, scope } = await import("../../dist/scope/index.js");
    const adapter = jaxArrays(jax);
    adopt(adapter);
    const compiled = adapter.jit(bare);
    return () =>
      scope(() => {
        const q = np.array(position);
        // The mistake that scopes are for: the gradient consumes a reference of its own, and q is never given up.
        const [value, gradient] = compiled(q.ref);
        return value.js() + gradient.js()[0];
      });
  },
};

const call = await calls[side]();
process.on("message", (message) => {
  if (typeof message !== "number") return void readMemory();
  const beganMs = performance.now();
  for (let i = 0; i < message; i++) call();
  process.send({ ms: performance.now() - beganMs });
});

/** Sends what is alive and held after collections. */
async function readMemory() {
  // What the turn holds is no drift, nor what finalizers let go of in the next.
  for (let round = 0; round < 4; round++) {
    await turn();
    globalThis.gc();
  }
  const { heapUsed, rss } = process.memoryUsage();
  const wasmBytes = memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  process.send({ live: countLive(), heapUsedBytes: heapUsed, rssBytes: rss, wasmBytes });
}
process.on("disconnect", () => process.exit(0));
process.send("ready");
