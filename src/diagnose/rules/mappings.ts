/**
 * Mappings that are made directly (mmap) and not given back: malloc and V8 know nothing of them. Their
 * number counts as well as their bytes, for the kernel allows only so many.
 */
import { formatBytes } from "../../base/bytes.ts";
import { mappingsAdded, type SpaceGrowth } from "../address-space.ts";
import type { Evidence } from "../evidence.ts";
import type { Finding } from "../finding.ts";
import { judgeCause, modulesInWords } from "../outside.ts";
import type { Rule } from "../rule.ts";
import { seconds } from "../wording.ts";

/** So many new regions within the watched time are no noise. */
const MANY = 2_000;
const NEXT = [
  "Find who maps it: `strace -f -k -e trace=mmap,munmap -p PID` for a second or two shows the stack of each call, and which are never unmapped.",
  "Until that ships, restart the program before it reaches its limit; vm.max_map_count can be raised (sysctl) to gain time where the number is what runs out.",
];

/** The rule of kind `mappings`. */
export const mappings: Rule = {
  kind: "mappings",
  judge(evidence) {
    const byBytes = judgeCause(evidence, "mappings", (space, rate) => ({
      kind: "mappings",
      leak: true,
      sentence: `Direct mappings grow by ${rate}${numberInWords(space)}: a leak that neither V8 nor malloc knows of`,
      evidence: [...countEvidence(space), ...modulesInWords(evidence)],
      next: NEXT,
      wouldChange: "munmap calls that keep up with mmap.",
      atMost: space.account || mappingsAdded(space.first, space.last) > MANY ? 0.95 : 0.7,
    }));
    return typeof byBytes === "string" ? judgeNumber(evidence, byBytes) : byBytes;
  },
};

/** Small regions by the thousand may be too few bytes to be seen in the resident set, and still run out. */
function judgeNumber(evidence: Evidence, why: string): Finding | string {
  const { space } = evidence;
  if (!space) return why;
  const added = mappingsAdded(space.first, space.last);
  if (added < MANY || space.seconds < 12)
    return `${why}; ${added} anonymous regions more within ${seconds(space.seconds)}`;
  return {
    kind: "mappings",
    leak: true,
    confidence: Math.min(0.9, 0.6 + 0.3 * (1 - Math.exp(-space.seconds / 30))),
    sentence: `The number of mappings grows${numberInWords(space)}: a leak that neither V8 nor malloc knows of`,
    evidence: [...countEvidence(space), ...modulesInWords(evidence)],
    next: NEXT,
    wouldChange: "A number of regions that stays where it is.",
    growth: [
      {
        what: "direct mappings",
        kind: "mappings",
        bytesPerSecond: space.byCause.mappings / space.seconds,
        bytes: space.byCause.mappings,
        count: added,
      },
    ],
  };
}

function numberInWords(space: SpaceGrowth): string {
  const left = secondsToMapLimit(space);
  if (left === undefined) return "";
  const rate = (space.last.regionCount - space.first.regionCount) / space.seconds;
  return `, ${rate.toFixed(0)} regions/s, and the kernel's limit is ${seconds(left)} away`;
}

function countEvidence(space: SpaceGrowth): string[] {
  const { first, last } = space;
  const limit = last.mapLimit === undefined ? "" : ` of ${last.mapLimit} that the kernel allows (vm.max_map_count)`;
  const bytes = formatBytes(space.byCause.mappings);
  return [
    `${first.regionCount} regions, then ${last.regionCount}${limit} within ${seconds(space.seconds)}; ${mappingsAdded(first, last)} more are anonymous, and hold ${bytes} more`,
    "V8's counters and malloc's in-use bytes do not explain them",
  ];
}

function secondsToMapLimit({ first, last, seconds: span }: SpaceGrowth): number | undefined {
  const perSecond = (last.regionCount - first.regionCount) / span;
  if (last.mapLimit === undefined || perSecond * span < MANY) return undefined;
  return Math.max(0, (last.mapLimit - last.regionCount) / perSecond);
}
