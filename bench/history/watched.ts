/** A driver that tells what is appended to it. */
import type { HistoryDriver } from "plimsoll/history";

/** Calls `onAppend` with all bytes before `driver` gets them. */
export function watched(driver: HistoryDriver, onAppend: (bytes: Uint8Array) => void): HistoryDriver {
  return {
    name: driver.name,
    async open(mode) {
      const storage = await driver.open(mode);
      return {
        ...storage,
        append(name, bytes) {
          onAppend(bytes);
          return storage.append(name, bytes);
        },
      };
    },
  };
}
