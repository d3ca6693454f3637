/** Children's test scores by the mother's: posteriordb's `kidiq-kidscore_momiq`. */
import { halfCauchy, model, normal, positive, real, vector } from "../../src/index.ts";

export const kidScore = model({
  name: "kid score",
  data: { kid_score: vector({ lower: 0, upper: 200 }), mom_iq: vector({ lower: 0, upper: 200 }) },
  parameters: () => ({ beta: real(2), sigma: positive() }),
  density({ beta, sigma }, { kid_score, mom_iq }, { follows }) {
    follows(sigma, halfCauchy(2.5));
    follows(kid_score, normal(beta.at(1).mul(mom_iq).add(beta.at(0)), sigma));
  },
});
