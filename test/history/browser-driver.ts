/** A driver in a browser, as a driver in Node.js: so the shared contract runs against the real one. */
import type { Page } from "playwright-core";
import {
  type HistoryDriver,
  type HistoryStorage,
  PlimsollError,
  type PlimsollErrorCode,
  type StoredFile,
} from "../../src/history/browser.ts";
import type { WorkerAnswer, WorkerCall } from "./browser-worker.ts";

/** Calls the worker. */
export type CallWorker = (call: Omit<WorkerCall, "id">) => Promise<unknown>;

/** Starts the worker of a page. */
export async function startWorker(page: Page): Promise<CallWorker> {
  await page.evaluate(
    async (url) => {
      const scope = globalThis as unknown as {
        Worker: new (
          url: string,
          options: object,
        ) => {
          addEventListener(
            what: "message" | "error",
            listen: (event: { data: WorkerAnswer; message: string }) => void,
          ): void;
          postMessage(call: WorkerCall, transfer: readonly []): void;
        };
        callWorker: (call: Omit<WorkerCall, "id">) => Promise<WorkerAnswer>;
      };
      const worker = new scope.Worker(url, { type: "module" });
      const waiting = new Map<number, (answer: WorkerAnswer) => void>();
      let serial = 0;
      scope.callWorker = (call) =>
        new Promise((resolve) => {
          const id = ++serial;
          waiting.set(id, resolve);
          worker.postMessage({ ...call, id }, []);
        });
      await new Promise<void>((resolve, reject) => {
        waiting.set(0, () => resolve());
        worker.addEventListener("error", ({ message }) => reject(new Error(`the worker failed: ${message}`)));
        worker.addEventListener("message", ({ data }) => waiting.get(data.id)?.(data));
      });
    },
    `${new URL(page.url()).origin}/test/history/browser-worker.ts`,
  );
  return async (call) => {
    const { value, error } = await page.evaluate((given) => {
      const scope = globalThis as unknown as { callWorker: (call: typeof given) => Promise<WorkerAnswer> };
      return scope.callWorker(given);
    }, call);
    if (error?.code) throw new PlimsollError(error.code as PlimsollErrorCode, error.message);
    if (error) throw new Error(error.message);
    return value;
  };
}

/** The driver `driver` of the browser, at `place`. */
export function browserHistory(callWorker: CallWorker, driver: string, place: string): HistoryDriver {
  const call = (storage: number, method: string, ...args: unknown[]): Promise<unknown> =>
    callWorker({ driver, place, storage, method, args });
  return {
    name: `${driver} in a browser`,
    async open(mode) {
      const storage = (await call(-1, "open", mode)) as number;
      const opened: HistoryStorage = {
        list: async () => (await call(storage, "list")) as StoredFile[],
        read: async (name, offset, length) =>
          new Uint8Array(Buffer.from((await call(storage, "read", name, offset, length)) as string, "latin1")),
        append: async (name, bytes) =>
          void (await call(storage, "append", name, Buffer.from(bytes).toString("latin1"))),
        sync: async () => void (await call(storage, "sync")),
        truncate: async (name, bytes) => void (await call(storage, "truncate", name, bytes)),
        remove: async (name) => void (await call(storage, "remove", name)),
        close: async () => void (await call(storage, "close")),
      };
      return opened;
    },
  };
}
