/** Time series on data of known parameters. */
import { TIME_SERIES } from "./models/time-series.ts";
import { describeModels } from "./support/model-case.ts";

describeModels(TIME_SERIES);
