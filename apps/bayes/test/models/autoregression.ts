/** An autoregression of order K: posteriordb's `arK-arK`. */
import { halfCauchy, integer, matmul, model, normal, positive, real, vector } from "../../src/index.ts";

export const autoregression = model({
  name: "autoregression",
  data: { K: integer({ lower: 1 }), T: integer({ lower: 1 }), y: vector() },
  parameters: ({ K }) => ({ alpha: real(), beta: real(K), sigma: positive() }),
  density({ alpha, beta, sigma }, { K, y }, { follows }) {
    const lags = y.slice(K).map((_, t) => y.slice(t, t + K).toReversed());
    follows(alpha, normal(0, 10));
    follows(beta, normal(0, 10));
    follows(sigma, halfCauchy(2.5));
    follows(y.slice(K), normal(matmul(lags, beta).add(alpha), sigma));
  },
});
