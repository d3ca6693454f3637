import { normalMixture } from "./models/normal-mixture.ts";
import { describePosterior } from "./support/reference.ts";

describePosterior("low_dim_gauss_mix-low_dim_gauss_mix", normalMixture);
