import { autoregression } from "./models/autoregression.ts";
import { describePosterior } from "./support/reference.ts";

describePosterior("arK-arK", autoregression);
