/** Runs what the pages of the parts show: every code block, every link. */
import { FIRST_PAGES, filesIn, prepareShims, testDocuments } from "./support/document-runner.ts";

prepareShims();
const isPage = (file: string): boolean =>
  file.endsWith(".md") && !file.startsWith("docs/cases/") && !FIRST_PAGES.includes(file);
testDocuments(filesIn("docs").filter(isPage));
