/**
 * Code that is compiled again and again and kept: contexts of `node:vm`, functions from strings, modules
 * that are loaded under ever new names. It lies on the JavaScript heap, where V8 counts it apart.
 */
import { formatBytes } from "../../base/bytes.ts";
import { heapCause, judgeHeapAs } from "../heap-cause.ts";
import type { Rule } from "../rule.ts";
import { inThread, rateInWords } from "../wording.ts";

/** The rule of kind `compiled-code`. */
export const compiledCode: Rule = {
  kind: "compiled-code",
  judge(evidence) {
    const { code, heap } = evidence;
    const cause = heapCause(evidence);
    if (cause.kind !== "compiled-code" || !heap) {
      if (!code) return "code and contexts of this heap were not read twice yet";
      const rise = formatBytes(Math.max(0, code.codeBytes - code.firstCodeBytes));
      return `global environments went from ${code.contexts.firstBytes} to ${code.contexts.lastBytes}, and code grew by ${rise}`;
    }
    const isContexts = code?.contexts.state === "grows";
    const isModules = !isContexts && code?.modules?.state === "grows";
    const what = isContexts
      ? "Contexts (vm) that are made and kept grow"
      : isModules
        ? "Modules that are loaded under ever new names grow"
        : "Code that is compiled and kept grows";
    return judgeHeapAs(evidence, "compiled-code", {
      sentence: inThread(evidence, `${what} the heap by ${rateInWords(heap)}: a leak`),
      evidence: [
        cause.why,
        ...(isContexts && code
          ? [`${code.detachedContexts} of them are detached: no longer used, and still held`]
          : []),
      ],
      next: [
        isContexts
          ? "Make one context and use it again, or drop all that came out of it: a single function or object of a context keeps all of it."
          : "Compile once and keep the result under a key that repeats: pass what varies as an argument instead of writing it into the source, and load modules under stable names.",
        "Until that ships, restart the program before it reaches its limit.",
      ],
    });
  },
};
