// Effects of coaching in eight schools (Rubin 1981), non-centred, as in posteriordb, on the built application.
import { halfCauchy, model, normal, positive, real, vector } from "../../apps/bayes/dist/index.js";

export const bound = model({
  name: "eight schools",
  data: { y: vector(), sigma: vector({ lower: 0 }) },
  parameters: ({ y }) => ({ z: real(y.length), mu: real(), tau: positive() }),
  derived: ({ z, mu, tau }) => ({ theta: z.mul(tau).add(mu) }),
  density({ z, mu, tau, theta }, { y, sigma }, { follows }) {
    follows(z, normal(0, 1));
    follows(mu, normal(0, 5));
    follows(tau, halfCauchy(5));
    follows(y, normal(theta, sigma));
  },
}).bind({ y: [28, 8, -3, 7, -1, 1, 18, 12], sigma: [15, 10, 16, 11, 9, 11, 10, 18] });
