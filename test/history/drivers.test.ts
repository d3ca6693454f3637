/** The drivers that need nothing but Node.js, through the shared contract; and one that answers late, as a database does. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { fileHistory, memoryHistory } from "../../src/history/index.ts";
import { describeDriver } from "./driver-contract.ts";
import { lateHistory } from "./late-driver.ts";

let folder: string;
let serial = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plimsoll-history-"));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describeDriver("memory", () => memoryHistory());
describeDriver("file", () => fileHistory(join(folder, `history-${serial++}`)));
describeDriver("late answers", () => lateHistory(memoryHistory()));
