/** Runs what the applications show: the code blocks and links of their first pages, their cases and their own documents. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { filesIn, prepareShims, testDocuments } from "./support/document-runner.ts";

prepareShims();
const applications = readdirSync(join(import.meta.dirname, "..", "apps")).map((name) => `apps/${name}/README.md`);
testDocuments([...applications, ...filesIn("docs/cases"), ...filesIn("apps/lisp/docs")]);
