/** Runs every file of examples/, as its reader would. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "vitest";
import { filesIn, newWorkplace, prepareShims, runProgram } from "./support/document-runner.ts";

const ROOT = join(import.meta.dirname, "..");
// The demo is a server, run by `npm run demo` and demo.test.ts; those of other libraries are run by test/budget/integrations.
const RUN_ELSEWHERE = /^examples\/(?:budget|demo)\//;
const examples = filesIn("examples").filter((file) => /\.[mc]?[jt]s$/.test(file) && !RUN_ELSEWHERE.test(file));
prepareShims();

describe("examples", () => {
  it.each(examples)("%s runs", (example) => {
    const place = newWorkplace();
    const name = example.replaceAll("/", "-");
    writeFileSync(join(place, name), readFileSync(join(ROOT, example)));
    runProgram(place, name);
  });
});
