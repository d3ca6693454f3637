/** Runs what a newcomer reads first: every code block, every link. */
import { FIRST_PAGES, prepareShims, testDocuments } from "./support/document-runner.ts";

prepareShims();
testDocuments(FIRST_PAGES);
