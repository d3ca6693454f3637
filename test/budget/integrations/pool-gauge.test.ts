/** What a pool's threads hold is seen in the resident set, whichever thread holds it. */
import { Worker } from "node:worker_threads";
import { once } from "node:events";
import { expect, it } from "vitest";
import { PoolGauge } from "../../../src/budget/integrations/pool-gauge.ts";

const MB = 2 ** 20;
const HOLDER = `
  const { parentPort } = require("node:worker_threads");
  const bytes = Buffer.alloc(${64 * MB}, 1);
  parentPort.postMessage(bytes.length);
  setTimeout(() => {}, 60_000);`;

it("bills tasks for what another thread holds, a reading at a time", async () => {
  using gauge = new PoolGauge("1gb");
  expect(gauge.processLimitBytes).toBe(1024 * MB);
  const worker = new Worker(HOLDER, { eval: true });
  await once(worker, "message");
  const [reading, ...more] = gauge.drain();
  expect(reading?.externalBytes).toBeGreaterThan(60 * MB);
  expect(more).toEqual([]);
  expect(gauge.drain()).toEqual([]);
  await worker.terminate();
});
