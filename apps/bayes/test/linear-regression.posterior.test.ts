import { linearRegression } from "./models/linear-regression.ts";
import { describePosterior } from "./support/reference.ts";

describePosterior("sblri-blr", linearRegression);
