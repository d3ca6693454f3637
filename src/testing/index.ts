/** `plimsoll/testing`: does this function leak, and how much memory does it take? For any test runner. */
export type { SizeInput } from "../base/bytes.ts";
export { type ErrorDetails, PlimsollError, type PlimsollErrorCode } from "../base/errors.ts";
export { assertLeaksNothing } from "./assert-leaks-nothing.ts";
export type { GrowthRate } from "./growth.ts";
export { describeLeaks } from "./leak-words.ts";
export { limitMemory, MemoryLimit, type MemoryPeak } from "./limit-memory.ts";
export { type MatcherOutcome, memoryMatchers, type MemoryMatchers } from "./matchers.ts";
export { type Leak, type LeakOptions, type LeakReport, measureLeaks } from "./measure-leaks.ts";
export type { Growers } from "./name-holders.ts";
export type { TestedFunction } from "./tested-function.ts";
