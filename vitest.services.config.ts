/**
 * Tests that need more than a bare machine: see scripts/test-services.mjs, which says what and fails
 * without it.
 */
import { join } from "node:path";
import { defineConfig } from "vitest/config";

const BETTER_SQLITE3 = join(import.meta.dirname, "test", "native-peers", "node_modules", "better-sqlite3");

export default defineConfig({
  resolve: { alias: { "better-sqlite3": BETTER_SQLITE3 } }, // see install-native-peers.ts
  test: {
    pool: "forks",
    allowOnly: false,
    reporters: ["default", "./test/support/no-skips-reporter.ts"],
    globalSetup: ["./test/support/install-runtimes.ts", "./test/support/install-native-peers.ts"],
    include: ["test/**/*.services.test.ts", "apps/*/test/**/*.services.test.ts"],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    maxWorkers: 1,
  },
});
