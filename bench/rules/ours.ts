/**
 * Plimsoll's own diagnosis: all channels of every thread, judged by the rules of `src/diagnose/`.
 */
import { diagnose } from "../../src/diagnose/diagnose.ts";
import type { ComparedRule } from "./rule.ts";

/** `diagnose`, as `plimsoll run` shows it. */
export const ours: ComparedRule = {
  name: "plimsoll",
  source: "docs/diagnose.md",
  judge(recording, ended) {
    const { leak, kind, confidence } = diagnose(recording, { ended }).verdict;
    return { leak, kind, confidence };
  },
};
