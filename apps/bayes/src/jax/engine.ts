/**
 * jax-js as what chains run on. The library is loaded only when it is asked for, and once: fits that do not use it need
 * not have it.
 */
import type * as Jax from "@jax-js/jax";
import { compileOutputs } from "../compiled/compile.ts";
import { BayesError } from "../errors.ts";
import type { BoundModel } from "../model/model.ts";
import type { Engine } from "../sampler/chain-run.ts";
import { jaxDensity } from "./density.ts";

let loaded: typeof Jax | undefined;

/**
 * Loads jax-js and its WebAssembly backend in this thread, for fits with `backend: "jax"`.
 *
 * @throws BayesError `ERR_BAYES_OPTION` where the package is not installed.
 */
export async function loadJax(): Promise<typeof Jax> {
  if (loaded) return loaded;
  let jax: typeof Jax;
  try {
    jax = await import("@jax-js/jax");
  } catch (error) {
    throw new BayesError(
      "ERR_BAYES_OPTION",
      'backend "jax" needs the package @jax-js/jax: npm install @jax-js/jax@0.1.25',
      {},
      error,
    );
  }
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  loaded = jax;
  return jax;
}

/**
 * Runs a model on jax-js; what is reported of a draw is computed by compiled code, in double precision.
 *
 * @throws BayesError `ERR_BAYES_OPTION` where {@link loadJax} was not awaited before.
 */
export function jaxEngine(model: BoundModel): Engine & Disposable {
  if (!loaded) throw new BayesError("ERR_BAYES_OPTION", 'await loadJax() before a fit with backend "jax"');
  const density = jaxDensity(loaded, model);
  const outputs = compileOutputs(
    model.reported.map(({ value }) => value),
    model.dimension,
  );
  return { density, outputs, [Symbol.dispose]: () => density[Symbol.dispose]() };
}
