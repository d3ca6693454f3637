/** `@plimsoll/bayes`: Bayesian models in TypeScript, sampled by the No-U-Turn sampler on a compiled gradient. */
export { type CompiledDensity, compileDensity, predictArenaBytes } from "./compiled/compile.ts";
export * from "./distributions/index.ts";
export { BayesError, type BayesErrorCode } from "./errors.ts";
export { type Backend, type ChainRecord, type Fit, fit, type FitOptions, type Quantity, type Runaway } from "./fit.ts";
export * from "./graph/matrices.ts";
export * from "./graph/operations.ts";
export { scan, type ScanResult, type ScanStep } from "./graph/scan.ts";
export type { Shape } from "./graph/shape.ts";
export { type Operand, toValue, Value } from "./graph/value.ts";
export * from "./model/constraint.ts";
export {
  type DataField,
  type DataLimits,
  type DataOf,
  type DataSchema,
  integer,
  integers,
  matrix,
  number,
  vector,
} from "./model/data.ts";
export {
  type BoundModel,
  type Model,
  model,
  type ModelDefinition,
  type ParameterPlace,
  type Reported,
  type Statements,
} from "./model/model.ts";
export { summaryTable, type TableOptions } from "./report/table.ts";
export { toInferenceData, writeInferenceData } from "./report/inference-data.ts";
export { judge, type Verdict } from "./report/verdict.ts";
export { renderReport, writeReport } from "./report/write-report.ts";
export type { ChainOptions } from "./sampler/chain.ts";
export type { Density } from "./sampler/phase-point.ts";
export { type JaxDensity, jaxDensity } from "./jax/density.ts";
export { loadJax } from "./jax/engine.ts";
export {
  bulkEss,
  type Chains,
  meanEss,
  quantile,
  rHat,
  summarise,
  type Summary,
  tailEss,
} from "./summary/effective-sample-size.ts";
export { type ChainProgress, fitInWorkers, type WorkerFitOptions } from "./workers/fit-in-workers.ts";
