/**
 * Three projects that run one after the other, because the machine is part of what they measure:
 * `unit` in parallel, `system` (real processes, packages, documents) in parallel with long
 * deadlines, `truth` (verdicts on real programs) alone. `*.services.test.ts` needs more than a
 * bare machine and has its own configuration.
 */
import { configDefaults, defineConfig } from "vitest/config";

const SYSTEM = [
  "test/*.test.ts",
  "test/cli/**/*.test.ts",
  "test/preload/**/*.test.ts",
  "test/monitor/remote/**/*.test.ts",
  "test/supervise/**/*.test.ts",
];
const TRUTH = ["test/truth/**/*.test.ts", "test/demo.test.ts"];
const SERVICES = "**/*.services.test.ts";

const shared = {
  pool: "forks" as const,
  allowOnly: false,
  restoreMocks: true,
  unstubEnvs: true,
};

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/no-skips-reporter.ts"],
    globalSetup: ["./test/support/install-runtimes.ts"],
    projects: [
      {
        test: {
          ...shared,
          name: "unit",
          include: ["test/**/*.test.ts", "apps/*/test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, SERVICES, ...SYSTEM, ...TRUTH],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: "system",
          include: SYSTEM,
          exclude: [...configDefaults.exclude, SERVICES, ...TRUTH],
          testTimeout: 300_000,
          hookTimeout: 300_000,
          // They mostly wait for the processes that they watch.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: "truth",
          include: TRUTH,
          exclude: [...configDefaults.exclude, SERVICES],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
