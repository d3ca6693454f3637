import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { countHelpers } from "../../../src/monitor/remote/helper-threads.ts";
import { readRegionSample } from "../../../src/monitor/remote/region-sample.ts";
import { availableNodes } from "../../support/nodes.ts";

/** Two workers that fill memory of their own, beside V8's helpers. */
const WITH_WORKERS = `
  const { Worker } = require("node:worker_threads");
  const source = 'const kept = []; for (let i = 0; i < 40; i += 1) kept.push(new Array(1e5).fill(i));' +
    'require("node:worker_threads").parentPort.postMessage("full"); setInterval(() => kept.length, 1e3);';
  let full = 0;
  for (let i = 0; i < 2; i += 1)
    new Worker(source, { eval: true }).on("message", () => (full += 1) === 2 && process.stdout.write("ready"));`;

async function withProgram<T>(path: string, args: string[], options: string, look: (pid: number) => T): Promise<T> {
  const child = spawn(path, [...args, "-e", WITH_WORKERS], {
    env: { ...process.env, NODE_OPTIONS: options },
    stdio: ["ignore", "pipe", "inherit"],
    timeout: 30_000,
    killSignal: "SIGKILL",
  });
  try {
    await once(child.stdout, "data");
    return look(child.pid ?? 0);
  } finally {
    child.kill("SIGKILL");
  }
}

describe.each(availableNodes())("V8's helper threads on Node.js $version", ({ path }) => {
  it("are told from workers, whose names may be the same", async () => {
    const sample = await withProgram(path, [], "", (pid) => readRegionSample(pid, 0));
    if (typeof sample === "string") throw new Error(sample);
    const [main, ...others] = sample.sample.threadFaults ?? [];
    expect(main?.isHelper).toBeUndefined();
    expect(others.filter(({ isHelper }) => isHelper)).toHaveLength(5);
    const busy = others.filter(({ faults, isHelper }) => isHelper !== true && faults > 4_000);
    expect(busy).toHaveLength(2);
  });

  it("are counted by the size of the pool that was asked for", async () => {
    expect(await withProgram(path, ["--v8-pool-size=2"], "--v8-pool-size=7", countHelpers)).toBe(3);
    expect(await withProgram(path, [], "--no-warnings --v8-pool-size 7", countHelpers)).toBe(8);
    expect(await withProgram(path, ["--v8-pool-size=0"], "", countHelpers)).toBe(0);
  });
});
