/**
 * Matchers for `expect.extend` of vitest and Jest. `plimsoll/testing/vitest` extends vitest's `expect` with them and
 * tells TypeScript about it. What measures is loaded by the first matcher that runs: most test files use none.
 */
import type { SizeInput } from "../base/bytes.ts";
import { PlimsollError } from "../base/errors.ts";
import type { LeakOptions } from "./measure-leaks.ts";
// Takes the machine's clock before a test fakes it.
import "./real-time.ts";
import type { TestedFunction } from "./tested-function.ts";

/** What a matcher tells the runner. */
export interface MatcherOutcome {
  /** Whether the expectation holds. */
  readonly pass: boolean;
  /** What was measured, in words. */
  readonly message: () => string;
}

/** The matchers, as `expect.extend` takes them. */
export interface MemoryMatchers {
  /** Passes when the function leaves nothing behind with its calls. Await it. */
  toLeakNothing(received: unknown, options?: LeakOptions): Promise<MatcherOutcome>;
  /** Passes when live memory never lies more than `size` above the level at the start of one call. Await it. */
  toStayWithin(received: unknown, size: SizeInput): Promise<MatcherOutcome>;
}

/** `expect.extend(memoryMatchers)`, in vitest and Jest. */
export const memoryMatchers: MemoryMatchers = {
  async toLeakNothing(received, options) {
    const fn = functionFrom("toLeakNothing", received);
    const [{ measureLeaks }, { describeLeaks }] = await Promise.all([
      import("./measure-leaks.ts"),
      import("./leak-words.ts"),
    ]);
    const report = await measureLeaks(fn, options);
    return { pass: report.leaks.length === 0, message: () => describeLeaks(report) };
  },
  async toStayWithin(received, size) {
    const fn = functionFrom("toStayWithin", received);
    const { describePeak, measurePeak } = await import("./limit-memory.ts");
    const peak = await measurePeak(fn, size);
    return { pass: peak.bytes <= peak.limitBytes, message: () => describePeak(peak) };
  },
};

function functionFrom(matcher: string, received: unknown): TestedFunction {
  if (typeof received === "function") return () => Reflect.apply(received, undefined, []);
  throw new PlimsollError(
    "ERR_PLIMSOLL_BAD_OPTION",
    `${matcher} measures a function, not a ${typeof received}: await expect(() => work()).${matcher}(…).`,
    { details: { option: "received" } },
  );
}
