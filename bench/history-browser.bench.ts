/**
 * What a page of a history costs in a real Chromium: from the cache in memory, from OPFS in a worker, and from
 * IndexedDB. `npm run bench:history-browser`.
 */
import type { Page } from "playwright-core";
import { median } from "simple-statistics";
import { startBrowser } from "../test/support/browser.ts";
import type { ReadCost } from "./history/browser-reader.ts";
import { writeResults } from "./support/results.ts";

const ROUNDS = 3;

async function measure(page: Page, kind: string): Promise<ReadCost> {
  const answer = await page.evaluate(
    ([url, what]) =>
      new Promise<ReadCost | string>((resolve) => {
        const scope = globalThis as unknown as {
          Worker: new (
            url: string,
            options: object,
          ) => {
            addEventListener(event: string, listen: (event: { data: ReadCost; message: string }) => void): void;
            postMessage(message: string, transfer: readonly []): void;
          };
        };
        const worker = new scope.Worker(url ?? "", { type: "module" });
        worker.addEventListener("message", ({ data }) => resolve(data));
        worker.addEventListener("error", ({ message }) => resolve(`the worker failed: ${message}`));
        worker.postMessage(what ?? "", []);
      }),
    [`${new URL(page.url()).origin}/bench/history/browser-reader.ts`, kind],
  );
  if (typeof answer === "string") throw new Error(answer);
  return answer;
}

const opfs: ReadCost[] = [];
const database: ReadCost[] = [];
await using browser = await startBrowser();
for (let round = 0; round < ROUNDS; round++) {
  const page = await browser.open(`bench-${round}`);
  opfs.push(await measure(page, "opfs"));
  database.push(await measure(page, "indexed-db"));
}

const round3 = (value: number): number => Math.round(value * 1000) / 1000;
const of = (costs: readonly ReadCost[], pick: (cost: ReadCost) => number): { value: number; runs: number[] } => {
  const runs = costs.map(pick).map(round3);
  return { value: median(runs), runs };
};
const WHAT = "a page of 4 kB in Chromium";
console.error(
  writeResults("history-browser", "npm run bench:history-browser", [
    { name: `${WHAT}: from the cache`, ...of(opfs, ({ hitUs }) => hitUs), unit: "µs", goal: "<= 1" },
    {
      name: `${WHAT}: from OPFS in a worker, checksum and one cell included`,
      ...of(opfs, ({ coldUs }) => coldUs / 1000),
      unit: "ms",
      goal: "<= 0.1",
      peers: { IndexedDB: of(database, ({ coldUs }) => coldUs / 1000).value },
    },
    {
      name: `${WHAT}: read wrongly`,
      ...of([...opfs, ...database], ({ wrong }) => wrong),
      unit: "pages",
      goal: "<= 0",
    },
  ]),
);
