/**
 * Tests that need more than a bare machine: see scripts/test-services.mjs, which says what and fails
 * without it.
 */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    pool: "forks",
    allowOnly: false,
    reporters: ["default", "./test/support/no-skips-reporter.ts"],
    globalSetup: ["./test/support/install-runtimes.ts"],
    include: ["test/**/*.services.test.ts", "apps/*/test/**/*.services.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 1,
  },
});
