/**
 * Clients as a proxy has them: each keeps one connection alive, waits 20 ms between two requests, and counts what fails
 * without trying again.
 */
import { Agent, get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** What the clients saw. */
export interface LoadResult {
  readonly requests: number;
  readonly failed: number;
  /** By code of the error. */
  readonly failures: Readonly<Record<string, number>>;
}

const CLIENTS = 20;
const PAUSE_MS = 20;

/** Runs the clients for a time. */
export async function runLoad(port: number, seconds: number): Promise<LoadResult> {
  const failures: Record<string, number> = {};
  const endMs = performance.now() + seconds * 1000;
  let requests = 0;
  const client = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (performance.now() < endMs) {
      const failure = await request(port, agent);
      requests += 1;
      if (failure !== undefined) failures[failure] = (failures[failure] ?? 0) + 1;
      await sleep(PAUSE_MS);
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return { requests, failures, failed: Object.values(failures).reduce((sum, count) => sum + count, 0) };
}

/** @returns the code of its error; `undefined` when it was answered in full. */
export function request(port: number, agent?: Agent, path = "/"): Promise<string | undefined> {
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException): void => resolve(error.code ?? error.message);
    get({ host: "127.0.0.1", port, path, timeout: 20_000, ...(agent ? { agent } : {}) }, (response) => {
      response.on("error", fail);
      response.on("end", () => resolve(response.statusCode === 200 ? undefined : `status ${response.statusCode}`));
      response.resume();
    })
      .on("error", fail)
      .on("timeout", () => resolve("timeout"));
  });
}
