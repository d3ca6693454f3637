/**
 * The same density on jax-js arrays, jitted: slower than the compiled one, in single precision, and the place to begin
 * from where jax-js computes more than a density. Each call runs in a scope of plimsoll, so that what jax-js loses is released.
 */
import type * as Jax from "@jax-js/jax";
import { scope } from "plimsoll/scope";
import { BayesError } from "../errors.ts";
import type { BoundModel } from "../model/model.ts";
import type { Density } from "../sampler/phase-point.ts";
import { adoptJax } from "./adoption.ts";
import { makeConstants } from "./constants.ts";
import { runOnJax } from "./lower.ts";

/** A density on jax-js arrays; what it holds is released when it is disposed. */
export interface JaxDensity extends Density, Disposable {}

/**
 * Lowers a model to jax-js.
 *
 * @param jax - the library, with a backend initialised: `await jax.init("wasm")`.
 * @throws BayesError `ERR_BAYES_UNSUPPORTED` at the first call where the model is more than this backend can do.
 */
export function jaxDensity(jax: typeof Jax, { name, logDensity, dimension }: BoundModel): JaxDensity {
  const constants = makeConstants(jax, logDensity.node);
  const adoption = adoptJax(jax);
  const jitted = jax.jit(
    jax.valueAndGrad((position: Jax.Array) => runOnJax(jax, logDensity.node, constants, position)),
  );
  const valueAndGradient = adoption.adapter.jit(jitted);
  let isTraced = false;
  return {
    dimension,
    valueAndGradient(position, gradient) {
      const compute = (): readonly [number, number[]] => {
        const [density, derivatives] = valueAndGradient(jax.numpy.array(Float32Array.from(position)));
        return [density.js() as number, derivatives.js() as number[]];
      };
      const [value, slope] = isTraced ? scope(compute) : explain(name, () => scope(compute));
      isTraced = true;
      gradient.set(slope);
      return value;
    },
    [Symbol.dispose]() {
      jitted.dispose();
      for (const constant of constants.values()) constant.dispose();
      adoption[Symbol.dispose]();
    },
  };
}

/** The first call traces and compiles: what fails then is the model's shape, not its numbers. */
function explain<T>(name: string, first: () => T): T {
  try {
    return first();
  } catch (error) {
    if (error instanceof BayesError) throw error;
    const why =
      error instanceof RangeError
        ? "it has more steps in a row than jax-js can differentiate; a scan counts its steps times its length"
        : `jax-js says: ${error instanceof Error ? error.message : String(error)}`;
    throw new BayesError(
      "ERR_BAYES_UNSUPPORTED",
      `${name} cannot run on jax-js: ${why}. The compiled backend can run it`,
      {},
      error,
    );
  }
}
