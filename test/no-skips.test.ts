/** The reporter that fails a run on anything not run, proven on real vitest runs of small files. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import config from "../vitest.config.ts";

const ROOT = join(import.meta.dirname, "..");
let folder: string;

beforeAll(() => {
  // Inside the repository, so that `vitest` resolves.
  folder = mkdtempSync(join(ROOT, ".cache-no-skips-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function runVitest(source: string, ...args: string[]): { status: number | null; stderr: string } {
  writeFileSync(join(folder, "sample.test.ts"), `import { it } from "vitest";\n${source}\n`);
  const settings = `export default { test: { pool: "forks", reporters: ["default", ${JSON.stringify(
    join(ROOT, "test/support/no-skips-reporter.ts"),
  )}] } };`;
  writeFileSync(join(folder, "vitest.config.ts"), settings);
  return spawnSync(process.execPath, [join(ROOT, "node_modules/vitest/vitest.mjs"), "run", "--root", folder, ...args], {
    encoding: "utf8",
    timeout: 120_000,
    killSignal: "SIGKILL",
    env: { ...process.env, VITEST: undefined, CI: "" },
  });
}

describe("the reporter that allows no skipped tests", () => {
  it("lets a run pass in which every test ran", () => {
    expect(runVitest('it("runs", () => {});').status).toBe(0);
  });

  it.each([
    ["skipped", 'it("runs", () => {}); it.skip("is skipped", () => {});'],
    ["todo", 'it("runs", () => {}); it.todo("is to do");'],
    ["skipped", 'it("runs", () => {}); it("skips itself", (context) => context.skip());'],
  ])("fails a run with a test that is %s", (word, source) => {
    const { status, stderr } = runVitest(source);
    expect(stderr).toContain(`(${word})`);
    expect(status).not.toBe(0);
  });

  it("is helped by every project refusing `only`", () => {
    const projects = config.test?.projects ?? [];
    expect(projects).toHaveLength(3);
    for (const project of projects) expect(project).toMatchObject({ test: { allowOnly: false } });
  });

  it("fails a run without tests", () => {
    expect(runVitest("export {};").status).not.toBe(0);
  });

  it("leaves a run narrowed by name alone", () => {
    expect(runVitest('it("runs", () => {}); it("other", () => {});', "-t", "runs").status).toBe(0);
  });
});
