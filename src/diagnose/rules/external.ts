/**
 * Memory that V8 counts as external but that is no ArrayBuffer: long strings made from Buffers (their
 * characters lie outside the heap). WebAssembly memories are counted here too and have a rule of their own.
 */
import { judgeLeak } from "../leak.ts";
import type { Rule } from "../rule.ts";
import { isWasm } from "../wasm-share.ts";

/** The rule of kind `external`. */
export const external: Rule = {
  kind: "external",
  judge: (evidence) =>
    evidence.external?.state === "grows" && isWasm(evidence)
      ? "what grows there are WebAssembly memories: they explain most of it in the address space"
      : judgeLeak(evidence, "external", [
          "Strings of more than 1 MB that a Buffer was turned into are kept outside the heap, and a short slice of one keeps all of it: keep what is needed only, or process the text in pieces.",
          "Until that ships, restart the program before it reaches its limit. A smaller JavaScript heap does not help: this memory lies outside of it.",
        ]),
};
