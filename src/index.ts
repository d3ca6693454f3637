/**
 * The whole library in one import: every part, and the words that all parts share. Each part also
 * has an entry of its own, `plimsoll/<part>`, that loads nothing else.
 */
export { formatBytes, parseBytes, type SizeInput } from "./base/bytes.ts";
export { type ErrorDetails, PlimsollError, type PlimsollErrorCode } from "./base/errors.ts";
export * from "./budget/index.ts";
export * from "./diagnose/index.ts";
export * from "./history/index.ts";
export * from "./monitor/index.ts";
export * from "./scope/index.ts";
export * from "./supervise/index.ts";
