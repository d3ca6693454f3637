/**
 * `plimsoll/testing/vitest`: the matchers in vitest's `expect`, for `setupFiles` or the head of a test file. Loading it is
 * what installs them, as with other packages of matchers.
 */
import { expect } from "vitest";
import type { SizeInput } from "../base/bytes.ts";
import { memoryMatchers } from "./matchers.ts";
import type { LeakOptions } from "./measure-leaks.ts";
import type { TestedFunction } from "./tested-function.ts";

export type { SizeInput } from "../base/bytes.ts";
export type { LeakOptions } from "./measure-leaks.ts";
export type { TestedFunction } from "./tested-function.ts";

/** Matchers of a value under test. */
export interface ExpectedMemory<T> {
  /** Fails when a function leaves memory, handles or listeners of `process` behind with every call. Await it. */
  toLeakNothing(options?: LeakOptions): T extends TestedFunction ? Promise<void> : never;
  /** Fails when live memory rises by more than `size` during one call. Await it. */
  toStayWithin(size: SizeInput): T extends TestedFunction ? Promise<void> : never;
}

declare module "vitest" {
  interface Matchers<T> extends ExpectedMemory<T> {}
}

expect.extend({ ...memoryMatchers });
