/**
 * WebAssembly memories: they grow in pages of 64 KiB and never shrink, so one large document leaves its
 * mark for good. V8 counts them as external; from outside they are regions behind a reserve of gigabytes.
 */
import { formatBytes } from "../../base/bytes.ts";
import { sum } from "../address-space.ts";
import type { Evidence } from "../evidence.ts";
import type { Finding } from "../finding.ts";
import { judgeLeak } from "../leak.ts";
import { judgeCause } from "../outside.ts";
import type { Rule } from "../rule.ts";
import { openChannels } from "../settled.ts";
import { courseInWords, seconds } from "../wording.ts";
import { isWasm } from "../wasm-share.ts";

const MIN_BYTES = 16 * 2 ** 20;
const NEXT = [
  "A memory never shrinks: bound what one instance is given, drop the instance when it has grown too large and make a new one, and keep no references to old ones (or to views of their memory).",
  "Until that ships, restart the program before it reaches its limit; a smaller JavaScript heap does not help.",
];

/** The rule of kind `wasm`. */
export const wasm: Rule = {
  kind: "wasm",
  judge(evidence) {
    if (!evidence.observed) {
      return judgeCause(evidence, "wasm", (_space, rate) => ({
        kind: "wasm",
        leak: true,
        sentence: `WebAssembly memories grow by ${rate}, seen from outside only`,
        next: NEXT,
        wouldChange:
          "A level that stays where it is: memories never shrink, so a high-water mark looks like this until it is reached.",
        atMost: 0.8,
      }));
    }
    if (!isWasm(evidence)) return "no WebAssembly memory of the size of what grows is resident";
    if (evidence.external?.state !== "grows") return judgeLevel(evidence);
    // A profile knows the small object in front of a memory at most: it names no function here.
    const finding = judgeLeak({ ...evidence, sites: undefined }, "external", NEXT);
    if (typeof finding === "string") return finding;
    return {
      ...finding,
      kind: "wasm",
      sentence: finding.sentence.replace(/^External bytes \([^)]*\)/, "WebAssembly memories"),
      evidence: [
        ...regionEvidence(evidence),
        ...finding.evidence.filter((line) => !line.startsWith("no allocation profile")),
      ],
      next: NEXT,
      growth: finding.growth.map((each) => (each.kind === "external" ? { ...each, kind: "wasm" } : each)),
    };
  },
};

/** A level that is reached and stays: the mark of the largest need so far. */
function judgeLevel(evidence: Evidence): Finding | string {
  const { external } = evidence;
  const [open] = openChannels(evidence);
  if (open || !external)
    return `WebAssembly memories are resident, but not all is settled: ${open?.why ?? "not measured"}`;
  if (external.state !== "levelled-off" || external.riseBytes < MIN_BYTES) {
    return "the WebAssembly memories that are resident stay as they are";
  }
  return {
    kind: "wasm",
    leak: false,
    confidence: Math.round(Math.min(0.95, 0.6 + 0.35 * (1 - Math.exp(-external.flatSeconds / 15))) * 100) / 100,
    sentence: `WebAssembly memories rose by ${formatBytes(external.riseBytes)} and have stayed there for ${seconds(external.flatSeconds)}: a high-water mark, which cannot shrink, no leak`,
    evidence: [`external memory ${courseInWords(external)}`, ...regionEvidence(evidence)],
    next: [
      "If that much is needed only rarely, drop the instance afterwards and make a new one: its memory cannot shrink otherwise.",
    ],
    wouldChange: "A level that rises again and goes on rising.",
    growth: [],
  };
}

function regionEvidence({ space }: Evidence): string[] {
  if (!space) return [];
  const [before, after] = [sum(space.first, ["wasm-memory"]), sum(space.last, ["wasm-memory"])];
  return [
    `regions behind a reserve for WebAssembly: ${formatBytes(before)}, then ${formatBytes(after)} resident within ${seconds(space.seconds)} (${space.last.kinds["wasm-memory"]?.count ?? 0} regions)`,
  ];
}
