/**
 * Memory that V8 counts as external but that is no ArrayBuffer: long strings made from Buffers (their
 * characters lie outside the heap), or WebAssembly memories. Counters do not tell these two apart.
 */
import { judgeLeak } from "../leak.ts";
import type { Rule } from "../rule.ts";

/** The rule of kind `external`. */
export const external: Rule = {
  kind: "external",
  judge: (evidence) =>
    judgeLeak(evidence, "external", [
      "Strings of more than 1 MB that a Buffer was turned into are kept outside the heap, and a short slice of one keeps all of it: keep what is needed only, or process the text in pieces.",
      "Until that ships, restart the program before it reaches its limit. A smaller JavaScript heap does not help: this memory lies outside of it.",
    ]),
};
