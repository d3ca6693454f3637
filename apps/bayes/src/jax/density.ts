/**
 * The same density on jax-js arrays, jitted: slower than the compiled one, in single precision, and the place to begin
 * from where jax-js computes more than a density. Each call runs in a scope of plimsoll, so that what jax-js loses is released.
 */
import type * as Jax from "@jax-js/jax";
import { adopt, jaxArrays, scope } from "plimsoll/scope";
import type { BoundModel } from "../model/model.ts";
import type { Density } from "../sampler/phase-point.ts";
import { makeConstants } from "./constants.ts";
import { runOnJax } from "./lower.ts";

/** A density on jax-js arrays; what it holds is released when it is disposed. */
export interface JaxDensity extends Density, Disposable {}

/**
 * Lowers a model to jax-js.
 *
 * @param jax - the library, with a backend initialised: `await jax.init("wasm")`.
 * @throws BayesError `ERR_BAYES_UNSUPPORTED` where the model uses what this backend lacks.
 */
export function jaxDensity(jax: typeof Jax, { logDensity, dimension }: BoundModel): JaxDensity {
  const adapter = jaxArrays(jax);
  const adoption = adopt(adapter);
  const constants = makeConstants(jax, logDensity.node);
  const jitted = jax.jit(
    jax.valueAndGrad((position: Jax.Array) => runOnJax(jax, logDensity.node, constants, position)),
  );
  const valueAndGradient = adapter.jit(jitted);
  return {
    dimension,
    valueAndGradient(position, gradient) {
      const [value, slope] = scope(() => {
        const [density, derivatives] = valueAndGradient(jax.numpy.array(Float32Array.from(position)));
        return [density.js() as number, derivatives.js() as number[]] as const;
      });
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
