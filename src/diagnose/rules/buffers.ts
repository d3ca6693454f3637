/**
 * ArrayBuffers that JavaScript keeps (Buffers, typed arrays): their bytes lie outside V8's heap, so
 * heapUsed hardly moves, and from outside they look like native memory. Only V8's own count tells.
 */
import { judgeLeak } from "../leak.ts";
import type { Rule } from "../rule.ts";

/** The rule of kind `buffers`. */
export const buffers: Rule = {
  kind: "buffers",
  judge: (evidence) =>
    judgeLeak(evidence, "buffers", [
      "Keep less of each: a small slice keeps its whole Buffer alive (copy it with Buffer.from), and a body that is read is kept until the last reference to it goes.",
      "Until that ships, restart the program before it reaches its limit. A smaller JavaScript heap does not help: Buffers lie outside of it.",
    ]),
};
