/** Models of matrices, on data of known parameters. */
import { MATRICES } from "./models/matrices.ts";
import { describeModels } from "./support/model-case.ts";

describeModels(MATRICES);
