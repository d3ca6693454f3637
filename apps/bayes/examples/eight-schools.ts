/**
 * What coaching did in eight schools (D. B. Rubin, Estimation in parallel randomized experiments, 1981): every school has an
 * effect of its own, and all of them together say how much such effects differ. Non-centred: z is the effect in units of tau.
 *
 *     npx bayes fit apps/bayes/examples/eight-schools.ts --data apps/bayes/examples/eight-schools.json
 */
import { halfCauchy, model, normal, positive, real, vector } from "@plimsoll/bayes";

// The command takes the default export.
// oxlint-disable-next-line import/no-default-export
export default model({
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
});
