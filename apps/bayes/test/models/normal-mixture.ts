/** A mixture of two normals: posteriordb's `low_dim_gauss_mix-low_dim_gauss_mix`. */
import { beta, interval, mixture, model, normal, ordered, positive, vector } from "../../src/index.ts";

export const normalMixture = model({
  name: "mixture of two normals",
  data: { y: vector() },
  parameters: () => ({ mu: ordered(2), sigma: positive(2), theta: interval(0, 1) }),
  density({ mu, sigma, theta }, { y }, { follows }) {
    follows(sigma, normal(0, 2));
    follows(mu, normal(0, 2));
    follows(theta, beta(5, 5));
    follows(y, mixture(theta, normal(mu.at(0), sigma.at(0)), normal(mu.at(1), sigma.at(1))));
  },
});
