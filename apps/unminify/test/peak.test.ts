/**
 * What is predicted holds, on every line of Node.js: the peak of the command is below it, and a limit below it is
 * refused.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { availableNodes } from "../../../test/support/nodes.ts";

const folder = mkdtempSync(join(tmpdir(), "unminify-peak-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const COMMAND = join(import.meta.dirname, "../bin/unminify.js");
const BUNDLE = join(import.meta.dirname, "../../../node_modules/@tensorflow/tfjs-core/dist/tf-core.min.js");

/** The command as a user of that Node.js starts it. */
function unminify(node: string, ...options: readonly string[]) {
  return spawnSync(COMMAND, [BUNDLE, "-o", join(folder, "out.js"), "--json", ...options], {
    encoding: "utf8",
    timeout: 60_000,
    killSignal: "SIGKILL",
    env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env["PATH"] ?? ""}` },
  });
}

it.each(availableNodes())("on Node.js $version", ({ path }) => {
  const { status, stdout, stderr } = unminify(path);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  const { results, peakRssBytes } = JSON.parse(stdout) as {
    results: { estimate: { peakBytes: number }; isVerified: boolean }[];
    peakRssBytes: number;
  };
  const [result] = results;
  expect(result?.isVerified).toBe(true);
  const predicted = result?.estimate.peakBytes ?? 0;
  expect(peakRssBytes).toBeLessThan(predicted);
  expect(predicted).toBeLessThan(peakRssBytes * 1.3);
  const refused = unminify(path, "--max-memory", "60mb");
  expect([refused.status, refused.stderr]).toEqual([
    69,
    expect.stringMatching(/needs about \d+ MB, more than the 60 MB/),
  ]);
});
