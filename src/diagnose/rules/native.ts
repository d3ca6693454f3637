/**
 * Native code that allocates and does not free: what glibc counts as in use grows with the resident
 * set, beyond the Buffers and strings that V8 accounts for. Without that account, held and retained
 * memory look the same.
 */
import { formatBytes } from "../../base/bytes.ts";
import { judgeCause, modulesInWords } from "../outside.ts";
import type { Rule } from "../rule.ts";
import { seconds } from "../wording.ts";

/** The rule of kind `native`. */
export const native: Rule = {
  kind: "native",
  judge: (evidence) =>
    judgeCause(evidence, "native", (space, rate) => {
      const isLarge = space.largeBlockBytes > 0.5 * space.byCause.native;
      const { account } = space;
      return {
        kind: "native",
        leak: true,
        sentence: `Native code allocates ${rate} and does not free it, in ${isLarge ? "large" : "small"} blocks: a leak that V8 does not see`,
        evidence: [
          ...(account
            ? [
                `glibc's account: in use in its heaps ${formatBytes(account.first.usedBytes)}, then ${formatBytes(account.last.usedBytes)}; in large blocks of their own ${formatBytes(account.first.mmappedBytes)}, then ${formatBytes(account.last.mmappedBytes)} (${account.last.mmappedCount} blocks), within ${seconds((account.last.timeMs - account.first.timeMs) / 1000)}; free ${formatBytes(account.last.freeBytes)}`,
              ]
            : []),
          "Buffers and long strings that JavaScript keeps are taken off: V8 counts those",
          ...modulesInWords(evidence),
        ],
        next: [
          isLarge
            ? "Find who allocates it: large blocks come one mapping each, so `strace -f -k -e trace=mmap -p PID` for a second or two shows the stack of each."
            : "Find who allocates it: run the program under `heaptrack node …`, or load less of what is native (one module at a time) until the growth stops.",
          "Until that ships, restart the program before it reaches its limit. A smaller JavaScript heap does not help, and neither does malloc_trim: this memory is held.",
        ],
        wouldChange: "In-use bytes that stay flat while RSS grows: then the allocator keeps what was freed.",
        atMost: account && account.last !== account.first ? 0.95 : 0.75,
      };
    }),
};
