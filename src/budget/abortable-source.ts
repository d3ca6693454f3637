/**
 * An asynchronous source whose reader can leave while it waits: `for await` alone would wait for a value that may never come before it
 * looks at a signal. One listener for all values, and none for each, so that a long source leaves nothing behind.
 */

/** The same values until the signal is aborted: then its reason is thrown and the source closed, also while a value is waited for. */
export function untilAborted<T>(source: AsyncIterable<T>, signal: AbortSignal | undefined): AsyncIterable<T> {
  if (!signal) return source;
  return { [Symbol.asyncIterator]: () => abortable(source[Symbol.asyncIterator](), signal) };
}

/** Closes a source, and does not wait for that: one that never gives its next value would never close either. */
export async function closeSource(source: Iterator<unknown> | AsyncIterator<unknown>): Promise<void> {
  try {
    await source.return?.();
  } catch {
    // Its reader has left, or has been given the first failure already.
  }
}

function abortable<T>(source: AsyncIterator<T>, signal: AbortSignal): AsyncIterator<T> {
  let leave: ((reason: unknown) => void) | undefined;
  const onAbort = (): void => {
    void closeSource(source);
    leave?.(signal.reason);
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return {
    next: () =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason as Error);
        leave = reject;
        source.next().then((result) => {
          if (result.done) signal.removeEventListener("abort", onAbort);
          resolve(result);
        }, reject);
      }),
    return: async () => {
      signal.removeEventListener("abort", onAbort);
      await source.return?.();
      return { done: true, value: undefined };
    },
  };
}
