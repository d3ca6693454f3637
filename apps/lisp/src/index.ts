/**
 * The language as a library: make a {@link Lisp}, and evaluate text in it.
 */
export { LispError } from "./data/errors.ts";
export { write } from "./data/printer.ts";
export { Condition, type Value } from "./data/values.ts";
export type { Console } from "./library/ports.ts";
export { type Files, Lisp, type LispOptions } from "./lisp.ts";
export type { Limits } from "./machine/limits.ts";
export type { Machine } from "./machine/machine.ts";
export type { WriteBarrier } from "./machine/registers.ts";
export type { HostProcedure } from "./library/outside.ts";
export type { Answer } from "./time/effects.ts";
export type { BranchInfo, HistoryEntry, RunEnd, TimeMachine } from "./time/time-machine.ts";
