// The log-density of the eight schools (Rubin 1981) on jax-js, non-centred, over ten unconstrained numbers: mu, the
// logarithm of tau, and one for each school. Written as users write it: the constants are made in each call.
import * as jax from "@jax-js/jax";

const { numpy: np } = jax;
const EFFECTS = [28, 8, -3, 7, -1, 1, 18, 12];
const ERRORS = [15, 10, 16, 11, 9, 11, 10, 18];
/** How many numbers the density is of. */
export const DIMENSION = 10;

/** Consumes `q`. */
function logDensity(q) {
  const mu = q.ref.slice(0);
  const logTau = q.ref.slice(1);
  const z = q.slice([2, DIMENSION]);
  const tau = np.exp(logTau.ref);
  const theta = z.ref.mul(tau.ref).add(mu.ref);
  const misfit = np.array(EFFECTS).sub(theta).div(np.array(ERRORS));
  const likelihood = np.square(misfit).sum().mul(-0.5);
  // Half-Cauchy(0, 5) with the Jacobian of the logarithm.
  const priorTau = np
    .log(np.square(tau.mul(0.2)).add(1))
    .mul(-1)
    .add(logTau);
  const priorMu = np.square(mu.mul(0.2)).mul(-0.5);
  return likelihood.add(np.square(z).sum().mul(-0.5)).add(priorTau).add(priorMu);
}

/** Starts jax-js on WebAssembly, and gives its value and gradient, eager or compiled. */
export async function makeGradient(isCompiled) {
  await jax.init("wasm");
  jax.defaultDevice("wasm");
  const gradient = jax.valueAndGrad(logDensity);
  return isCompiled ? jax.jit(gradient) : gradient;
}

/** Counts living arrays, by itself: what is created, and what goes with its last reference. */
export function countArrays() {
  const { prototype } = jax.Array;
  const Parent = Object.getPrototypeOf(jax.Array);
  let live = 0;
  class Counted extends Parent {
    constructor(...parameters) {
      super(...parameters);
      live++;
    }
  }
  Object.setPrototypeOf(jax.Array, Counted);
  const { dispose } = prototype;
  prototype.dispose = function () {
    dispose.call(this);
    if (this.refCount === 0) live--;
  };
  return () => live;
}

export { jax, np };
