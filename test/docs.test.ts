/** Runs what README.md, CONTRIBUTING.md and the pages of the parts show: every code block, every link. */
import { filesIn, prepareShims, testDocuments } from "./support/document-runner.ts";

prepareShims();
const isPage = (file: string): boolean => file.endsWith(".md") && !file.startsWith("docs/cases/");
testDocuments(["README.md", "CONTRIBUTING.md", ...filesIn("docs").filter(isPage)]);
