/** Linear regression: posteriordb's `sblri-blr`. */
import { matmul, matrix, model, normal, positive, real, vector } from "../../src/index.ts";

export const linearRegression = model({
  name: "linear regression",
  data: { X: matrix(), y: vector() },
  parameters: ({ X }) => ({ beta: real(X[0]?.length ?? 0), sigma: positive() }),
  density({ beta, sigma }, { X, y }, { follows }) {
    follows(beta, normal(0, 10));
    follows(sigma, normal(0, 10));
    follows(y, normal(matmul(X, beta), sigma));
  },
});
