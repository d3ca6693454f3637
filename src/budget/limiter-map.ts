/**
 * Items through a limiter with back-pressure: the next item is taken only when a task may start with it, and no item while
 * too many results wait for the reader. So neither the source, nor the tasks, nor the results pile up.
 */
import { closeSource } from "./abortable-source.ts";
import type { MapOptions, TaskOptions } from "./limiter-options.ts";
import { Progress } from "./progress.ts";

/** What of a limiter is needed here. */
export interface Gate {
  readonly name: string;
  /** Waits until a task may start, and starts none. */
  ready(options: TaskOptions): Promise<void>;
  /** Waits until a task may start, and starts it. */
  acquire(options: TaskOptions): Promise<Disposable>;
}

interface Result<R> {
  isDone: boolean;
  value?: R;
}

const MAX_UNREAD = 64;

/** Maps items; see `AdaptiveLimiter.map`. */
export async function* mapThrough<T, R>(
  gate: Gate,
  items: Iterable<T> | AsyncIterable<T>,
  task: (item: T, index: number, signal?: AbortSignal) => R | PromiseLike<R>,
  options: MapOptions<T>,
): AsyncGenerator<R, void, undefined> {
  const { ordered = true, kind, priority, maxUnread = MAX_UNREAD, signal } = options;
  const source = iteratorOf(items);
  const progress = new Progress(gate.name, options.total ?? sizeOf(items));
  const stop = new AbortController();
  const stopSignal = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal;
  /** In the order in which they are given out; bounded by the tasks in flight and `maxUnread`. */
  const results: Result<R>[] = [];
  const count = { running: 0, unread: 0 };
  let isExhausted = false;
  let failure: { readonly error: unknown } | undefined;
  let waiters: (() => void)[] = []; // the reader, and the feeder: two at most
  const change = (): Promise<void> => new Promise((resolve) => void waiters.push(resolve));
  const wake = (): void => {
    const woken = waiters;
    waiters = [];
    for (const resolve of woken) resolve();
  };
  const onAbort = (): void => {
    failure ??= { error: signal?.reason };
    wake();
  };
  signal?.addEventListener("abort", onAbort, { once: true });

  const runOne = async (item: T, index: number, slot: Disposable): Promise<void> => {
    const result: Result<R> = { isDone: false };
    if (ordered) results.push(result);
    count.running += 1;
    try {
      result.value = await task(item, index, stopSignal);
      result.isDone = true;
      if (!ordered) results.push(result);
      count.unread += 1;
      progress.end();
    } catch (error) {
      failure ??= { error };
    } finally {
      count.running -= 1;
      slot[Symbol.dispose]();
      wake();
    }
  };

  const feed = async (): Promise<void> => {
    try {
      // The kind of an item that is not there yet is taken for that of the one before; that of the first is not known.
      let of = typeof kind === "function" ? undefined : (kind ?? "task");
      for (let index = 0; !stopSignal.aborted; index++) {
        while (count.unread >= maxUnread && !stopSignal.aborted) await change();
        if (of !== undefined) await gate.ready({ kind: of, priority, signal: stopSignal });
        const { done, value } = await source.next();
        if (done || stopSignal.aborted) break;
        if (typeof kind === "function") of = kind(value);
        void runOne(value, index, await gate.acquire({ kind: of, priority, signal: stopSignal }));
      }
    } catch (error) {
      failure ??= { error };
    } finally {
      isExhausted = true;
      wake();
    }
  };

  if (signal?.aborted) onAbort();
  else void feed();
  try {
    for (;;) {
      const next = results[0];
      if (next?.isDone && !failure) {
        results.shift();
        count.unread -= 1;
        wake();
        yield next.value as R;
        continue;
      }
      if (failure || (isExhausted && count.running === 0)) break;
      await change();
    }
  } finally {
    const isDone = isExhausted && !failure;
    stop.abort();
    wake();
    signal?.removeEventListener("abort", onAbort);
    while (count.running > 0) await change();
    if (!isDone) void closeSource(source);
    progress[Symbol.dispose]();
  }
  if (failure) throw failure.error;
}

/** Results as a stream, none taken before it is wanted. */
export function streamOf<R>(results: AsyncGenerator<R, void, undefined>): ReadableStream<R> {
  return new ReadableStream<R>(
    {
      async pull(controller) {
        const { done, value } = await results.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await results.return();
      },
    },
    { highWaterMark: 0 },
  );
}

function iteratorOf<T>(items: Iterable<T> | AsyncIterable<T>): Iterator<T> | AsyncIterator<T> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}

function sizeOf(items: object): number | undefined {
  if ("length" in items && typeof items.length === "number") return items.length;
  return "size" in items && typeof items.size === "number" ? items.size : undefined;
}
