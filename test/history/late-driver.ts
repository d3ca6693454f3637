/** A driver whose answers come later, in their order: what a database or IndexedDB looks like to the store. */
import type { HistoryDriver, HistoryStorage } from "../../src/history/browser.ts";

/** Delays every answer of `driver` by a turn of the event loop. */
export function lateHistory(driver: HistoryDriver): HistoryDriver {
  return {
    name: `late ${driver.name}`,
    async open(mode) {
      const storage = await driver.open(mode);
      let tail: Promise<unknown> = Promise.resolve();
      const later = <R>(work: () => R | Promise<R>): Promise<R> => {
        const done = tail.then(async () => {
          await new Promise(setImmediate);
          return work();
        });
        tail = done.catch(() => undefined);
        return done;
      };
      const late: HistoryStorage = {
        list: () => later(() => storage.list()),
        read: (name, offset, length) => later(() => storage.read(name, offset, length)),
        append(name, bytes) {
          const copy = bytes.slice();
          return later(() => storage.append(name, copy));
        },
        sync: () => later(() => storage.sync()),
        truncate: (name, bytes) => later(() => storage.truncate(name, bytes)),
        remove: (name) => later(() => storage.remove(name)),
        close: () => later(() => storage.close()),
      };
      return late;
    },
  };
}
