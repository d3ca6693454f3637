/** A byte budget that is a number: first come, first served, nobody is asked to give anything back. For histories that are given no shared one. */
import type { ByteBudget, ByteLease } from "../base/byte-budget.ts";

/** Makes a budget of so many bytes. */
export function byteLimit(limitBytes: number): ByteBudget {
  let used = 0;
  return {
    headroom: () => limitBytes - used,
    register(): ByteLease {
      let bytes = 0;
      const lease: ByteLease = {
        get bytes() {
          return bytes;
        },
        tryResize(next) {
          if (next > bytes && used + next - bytes > limitBytes) return false;
          used += next - bytes;
          bytes = next;
          return true;
        },
        release: () => void lease.tryResize(0),
        [Symbol.dispose]: () => lease.release(),
      };
      return lease;
    },
  };
}
