/** LangGraph's own validation of checkpoint savers, all of it, on the drivers of Node.js. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vitest from "vitest";
import { fileHistory, type HistoryDriver, memoryHistory } from "../../src/history/index.ts";
import { HistorySaver } from "../../src/history/langgraph/index.ts";
import { lateHistory } from "./late-driver.ts";

// The validation finds its test runner among the globals.
Object.assign(globalThis, vitest);
const { deltaChannelHistoryTests, validate } = await import("@langchain/langgraph-checkpoint-validation");

let folder: string;
let serial = 0;

vitest.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plimsoll-langgraph-"));
});

vitest.afterAll(() => rmSync(folder, { recursive: true, force: true }));

const drivers: Readonly<Record<string, () => HistoryDriver>> = {
  "in memory": () => memoryHistory(),
  "in files": () => fileHistory(join(folder, `checkpoints-${serial++}`)),
  "answering late": () => lateHistory(memoryHistory()),
};

for (const [name, driver] of Object.entries(drivers)) {
  const initializer = {
    checkpointerName: `HistorySaver ${name}`,
    createCheckpointer: () => HistorySaver.open({ driver: driver() }),
    destroyCheckpointer: (saver: HistorySaver) => saver.close(),
  };
  validate(initializer);
  deltaChannelHistoryTests(initializer);
}
