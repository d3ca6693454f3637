/** All distributions. */
export * from "./continuous.ts";
export * from "./discrete.ts";
export { type Distribution, distribution } from "./distribution.ts";
export * from "./multivariate.ts";
