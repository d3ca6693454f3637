/** Effects of coaching in eight schools, non-centred: posteriordb's `eight_schools-eight_schools_noncentered`. */
import { halfCauchy, model, normal, positive, real, vector } from "../../src/index.ts";

export const eightSchools = model({
  name: "eight schools",
  data: { y: vector(), sigma: vector({ lower: 0 }) },
  parameters: ({ y }) => ({ theta_trans: real(y.length), mu: real(), tau: positive() }),
  derived: ({ theta_trans, mu, tau }) => ({ theta: theta_trans.mul(tau).add(mu) }),
  density({ theta_trans, mu, tau, theta }, { y, sigma }, { follows }) {
    follows(theta_trans, normal(0, 1));
    follows(y, normal(theta, sigma));
    follows(mu, normal(0, 5));
    follows(tau, halfCauchy(5));
  },
});
