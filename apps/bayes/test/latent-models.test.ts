/** What is not seen, on data of known parameters. */
import { LATENT } from "./models/latent.ts";
import { describeModels } from "./support/model-case.ts";

describeModels(LATENT);
