/**
 * Runs in a dedicated worker of a real browser. A test in Node.js calls the drivers through it, one call a message,
 * in the order of the messages; bytes travel as texts of Latin-1.
 */
import {
  type HistoryDriver,
  type HistoryStorage,
  HistoryStore,
  indexedDbHistory,
  opfsHistory,
  patch,
  PlimsollError,
} from "../../src/history/browser.ts";

const DRIVERS: Readonly<Record<string, (name: string) => HistoryDriver>> = {
  opfs: opfsHistory,
  "indexed-db": indexedDbHistory,
};

/** A call of the test. */
export interface WorkerCall {
  readonly id: number;
  readonly driver: string;
  readonly place: string;
  /** A storage that was opened. */
  readonly storage: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** Its answer. */
export interface WorkerAnswer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly code?: string; readonly message: string };
}

const storages: HistoryStorage[] = [];

function toText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function toBytes(text: unknown): Uint8Array {
  return Uint8Array.from(String(text), (character) => character.charCodeAt(0));
}

/** A store in the browser itself: saves, closes, opens again. Returns how many random states differ from the truth. */
async function useStore(driver: HistoryDriver): Promise<number> {
  const options = { driver, segmentBytes: 100_000, keyframeBytes: 20_000 };
  const store = await HistoryStore.open<Record<string, unknown>>(options);
  store.save(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`name ${i}`, 0])));
  for (let step = 2; step <= 20_000; step++) {
    store.save(patch().set(`name ${step % 200}`, step));
    if (step % 5000 === 0) await store.flush();
  }
  await store.thin(({ step }) => step % 2 === 0 || step > 15_000);
  await store.close();
  await using again = await HistoryStore.open<Record<string, unknown>>(options);
  let wrong = 0;
  for (let step = 250; step <= 20_000; step += 250) {
    const state = await again.load(step);
    for (let back = 0; back < 200; back++) if (state[`name ${(step - back) % 200}`] !== step - back) wrong++;
  }
  return wrong;
}

/** 100 kB that no database compresses. */
function noise(seed: number): string {
  let text = "";
  for (let state = seed; text.length < 100_000;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    text += state.toString(36);
  }
  return text;
}

/** Saves until the storage is full. Returns what it said, and which step was safe. */
async function fill(driver: HistoryDriver): Promise<{ code: string; message: string; safe: number; read: number }> {
  const store = await HistoryStore.open<{ text: string; n: number }>({ driver });
  let safe = 0;
  try {
    for (let n = 1; n <= 1000; n++) {
      const step = store.save({ text: noise(n), n });
      await store.flush();
      safe = step;
    }
    return { code: "", message: "never full", safe, read: 0 };
  } catch (error) {
    const { code, message } = error as PlimsollError;
    const { n } = await store.load(safe);
    return { code, message, safe, read: n };
  } finally {
    await store.close().catch(() => undefined);
  }
}

/** Opens what was filled, and goes on. Returns the steps that can be loaded, counted. */
async function goOn(driver: HistoryDriver): Promise<{ last: number; whole: number; damages: number }> {
  await using store = await HistoryStore.open<{ text: string; n: number }>({ driver });
  let whole = 0;
  for (let step = 1; step <= store.lastStep; step++) {
    const { text, n } = await store.load(step);
    if (n === step && text === noise(n)) whole++;
  }
  const last = store.lastStep;
  store.save({ text: "small", n: 0 });
  await store.flush();
  return { last, whole, damages: store.damages.length };
}

async function answer({ driver, place, storage, method, args }: WorkerCall): Promise<unknown> {
  const made = DRIVERS[driver]?.(place);
  if (!made) throw new Error(`no driver ${driver}`);
  if (method === "open") return storages.push(await made.open(args[0] === "read" ? "read" : "write")) - 1;
  if (method === "useStore") return useStore(made);
  if (method === "fill") return fill(made);
  if (method === "goOn") return goOn(made);
  const opened = storages[storage];
  if (!opened) throw new Error(`no storage ${storage}`);
  const name = String(args[0]);
  const number = Number(args[1]);
  if (method === "list") return opened.list();
  if (method === "read") return toText(await opened.read(name, number, Number(args[2])));
  if (method === "append") {
    const bytes = toBytes(args[1]);
    const taken = opened.append(name, bytes);
    bytes.fill(255);
    return taken;
  }
  if (method === "sync") return opened.sync();
  if (method === "truncate") return opened.truncate(name, number);
  if (method === "remove") return opened.remove(name);
  if (method === "close") return opened.close();
  throw new Error(`no method ${method}`);
}

/** What is used of a worker's global object. */
interface WorkerScope {
  addEventListener(what: "message", listen: (event: { readonly data: WorkerCall }) => void): void;
  postMessage(answer: WorkerAnswer, transfer: readonly []): void;
}

const scope = globalThis as unknown as WorkerScope;
scope.addEventListener("message", ({ data }) => {
  answer(data).then(
    (value) => scope.postMessage({ id: data.id, value }, []),
    (error: unknown) => {
      const { message } = error as Error;
      const code = PlimsollError.is(error) ? { code: error.code } : {};
      scope.postMessage({ id: data.id, error: { ...code, message } }, []);
    },
  );
});
scope.postMessage({ id: 0 }, []);
