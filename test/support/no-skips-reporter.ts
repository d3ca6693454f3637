/**
 * A vitest reporter that fails the run on any skipped or todo test, and on a run without tests: what
 * is not run proves nothing. (`only` is refused by vitest itself, with `allowOnly: false`.) Runs
 * narrowed with `-t` are left alone, since there vitest itself marks the rest as skipped.
 */
import type { Reporter, TestCase, TestModule, Vitest } from "vitest/node";

/** Why a test proves nothing: `undefined` when it ran. */
function whyUnproven(test: TestCase): string | undefined {
  if (test.options.mode === "todo") return "todo";
  const { state } = test.result();
  return state === "passed" || state === "failed" ? undefined : state;
}

/** Fails the run on skipped and todo tests and on a run without tests. */
export default class NoSkipsReporter implements Reporter {
  #narrowed = false;

  onInit(vitest: Vitest): void {
    this.#narrowed = vitest.config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    if (this.#narrowed) return;
    const violations: string[] = [];
    let count = 0;
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        count++;
        const why = whyUnproven(test);
        if (why) violations.push(`${module.moduleId}: ${test.fullName} (${why})`);
      }
    }
    if (count === 0) violations.push("the run had no tests");
    if (violations.length === 0) return;
    console.error(`\n${violations.length} tests did not run, which fails the run:\n  ${violations.join("\n  ")}\n`);
    process.exitCode = 1;
  }
}
