/** Regressions on data of known coefficients. */
import { REGRESSIONS } from "./models/regressions.ts";
import { describeModels } from "./support/model-case.ts";

describeModels(REGRESSIONS);
