/** Time series: what one moment has of those before it, in closed form and by loops over time. */
import {
  concat,
  exp,
  halfNormal,
  interval,
  log,
  logNormal,
  model,
  normal,
  positive,
  real,
  scan,
  stack,
  toValue,
  transpose,
  type Value,
  uniform,
  vector,
} from "../../src/index.ts";
import { type ModelCase, repeat } from "../support/model-case.ts";

const secondOrder: ModelCase = {
  name: "AR(2)",
  model: model({
    data: { y: vector() },
    parameters: () => ({ constant: real(), phi: real(2), sigma: positive() }),
    density({ constant, phi, sigma }, { y }, { follows }) {
      follows(concat(constant, phi), normal(0, 1));
      follows(sigma, halfNormal(2));
      const mean = phi
        .at(0)
        .mul(y.slice(1, -1))
        .add(phi.at(1).mul(y.slice(0, -2)))
        .add(constant);
      follows(y.slice(2), normal(mean, sigma));
    },
  }),
  size: 400,
  truth: { constant: 0.5, "phi[1]": 0.6, "phi[2]": -0.3, sigma: 0.8 },
  simulate(random, size) {
    const y = [0, 0];
    for (let t = 2; t < size; t += 1)
      y.push(0.5 + 0.6 * (y[t - 1] ?? 0) - 0.3 * (y[t - 2] ?? 0) + 0.8 * random.normal());
    return { y };
  },
};

const movingAverage: ModelCase = {
  name: "ARMA(1,1)",
  model: model({
    data: { y: vector() },
    parameters: () => ({ mu: real(), phi: interval(-1, 1), theta: interval(-1, 1), sigma: positive() }),
    density({ mu, phi, theta, sigma }, { y }, { follows }) {
      follows(mu, normal(0, 5));
      follows(sigma, halfNormal(2));
      const { outputs } = scan([0, mu], [y], ([error, previous], [now]) => {
        const next = now.sub(mu.add(phi.mul(previous.sub(mu))).add(theta.mul(error)));
        return { state: [next, now], output: next };
      });
      follows(outputs, normal(0, sigma));
    },
  }),
  size: 500,
  truth: { mu: 1, phi: 0.7, theta: 0.4, sigma: 0.5 },
  simulate(random, size) {
    let [y, error] = [1, 0];
    return {
      y: repeat(size, () => {
        const next = 0.5 * random.normal();
        y = 1 + 0.7 * (y - 1) + 0.4 * error + next;
        error = next;
        return y;
      }),
    };
  },
};

const volatility: ModelCase = {
  name: "GARCH(1,1)",
  model: model({
    data: { y: vector() },
    parameters: () => ({ mu: real(), alpha0: positive(), alpha1: interval(0, 1), share: interval(0, 1) }),
    derived: ({ alpha1, share }) => ({ beta1: share.mul(alpha1.neg().add(1)) }),
    density({ mu, alpha0, alpha1, beta1 }, { y }, { follows }) {
      follows(mu, normal(0, 1));
      follows(alpha0, halfNormal(1));
      const { outputs } = scan([1], [y], ([variance], [now]) => ({
        state: [alpha0.add(alpha1.mul(now.sub(mu).square())).add(beta1.mul(variance))],
        output: variance,
      }));
      follows(y, normal(mu, outputs.sqrt()));
    },
  }),
  size: 1000,
  truth: { mu: 0.2, alpha0: 0.2, alpha1: 0.3, beta1: 0.5 },
  simulate(random, size) {
    let variance = 1;
    return {
      y: repeat(size, () => {
        const y = 0.2 + Math.sqrt(variance) * random.normal();
        variance = 0.2 + 0.3 * (y - 0.2) ** 2 + 0.5 * variance;
        return y;
      }),
    };
  },
};

const stochasticVolatility: ModelCase = {
  name: "stochastic volatility",
  model: model({
    data: { y: vector() },
    parameters: ({ y }) => ({ mu: real(), phi: interval(-1, 1), sigma: positive(), z: real(y.length) }),
    density({ mu, phi, sigma, z }, { y }, { follows }) {
      follows(phi, uniform(-1, 1));
      follows(sigma, halfNormal(0.5));
      follows(mu, normal(0, 2));
      follows(z, normal(0, 1));
      const first = z.at(0).mul(sigma).div(phi.square().neg().add(1).sqrt());
      const rest = scan([first], [z.slice(1)], ([h], [shock]) => {
        const next = phi.mul(h).add(sigma.mul(shock));
        return { state: [next], output: next };
      });
      follows(y, normal(0, exp(concat(first, rest.outputs).add(mu).div(2))));
    },
  }),
  size: 250,
  truth: { mu: -0.5, phi: 0.9, sigma: 0.4 },
  simulate(random, size) {
    let h = (0.4 / Math.sqrt(1 - 0.81)) * random.normal();
    return {
      y: repeat(size, () => {
        const y = Math.exp((h - 0.5) / 2) * random.normal();
        h = 0.9 * h + 0.4 * random.normal();
        return y;
      }),
    };
  },
  fit: { warmUp: 300, draws: 400 },
};

/** Predators and prey between observations: ten Runge-Kutta steps each, a loop within a loop. */
const ecology: ModelCase = {
  name: "differential equations, solved step by step",
  model: model({
    data: { hares: vector({ lower: 0 }), lynxes: vector({ lower: 0 }) },
    parameters: () => ({ z: real(4), sigma: positive() }),
    derived: ({ z }) => ({ rate: exp(z.mul(0.5).add([-0.5, -3, -0.5, -3])) }),
    density({ z, rate, sigma }, { hares, lynxes }, { follows }) {
      follows(z, normal(0, 1));
      follows(sigma, halfNormal(0.5));
      const [a, b, c, d] = [rate.at(0), rate.at(1), rate.at(2), rate.at(3)];
      const slope = (u: Value): Value => {
        const [prey, predator] = [u.at(0), u.at(1)];
        return concat(prey.mul(a.sub(b.mul(predator))), predator.mul(d.mul(prey).sub(c)));
      };
      const step = 0.1;
      const { outputs } = scan([[30, 4]], [hares], ([start]) => {
        const { state } = scan([start], [new Array<number>(10).fill(0)], ([u]) => {
          const k1 = slope(u);
          const k2 = slope(u.add(k1.mul(step / 2)));
          const k3 = slope(u.add(k2.mul(step / 2)));
          const k4 = slope(u.add(k3.mul(step)));
          return {
            state: [
              u.add(
                k1
                  .add(k2.mul(2))
                  .add(k3.mul(2))
                  .add(k4)
                  .mul(step / 6),
              ),
            ],
          };
        });
        return { state: [state[0]], output: state[0] };
      });
      const observed = stack([toValue(hares), toValue(lynxes)]);
      follows(observed, logNormal(log(transpose(outputs)), sigma));
    },
  }),
  size: 20,
  jaxSize: 2,
  truth: { "rate[1]": 0.55, "rate[2]": 0.028, "rate[3]": 0.8, "rate[4]": 0.024, sigma: 0.2 },
  simulate(random, size) {
    let [hare, lynx] = [30, 4];
    const rows = repeat(size, () => {
      for (let i = 0; i < 1000; i += 1) {
        const [hares, lynxes] = [hare * (0.55 - 0.028 * lynx), lynx * (0.024 * hare - 0.8)];
        hare += hares / 1000;
        lynx += lynxes / 1000;
      }
      return { hare: hare * Math.exp(0.2 * random.normal()), lynx: lynx * Math.exp(0.2 * random.normal()) };
    });
    return { hares: rows.map(({ hare: each }) => each), lynxes: rows.map(({ lynx: each }) => each) };
  },
};

export const TIME_SERIES = [secondOrder, movingAverage, volatility, stochasticVolatility, ecology];
