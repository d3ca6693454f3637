/**
 * Pages of mapped files: they count as resident, but the kernel drops them when memory is scarce and
 * reads them again when they are wanted.
 */
import { formatBytes } from "../../base/bytes.ts";
import { judgeCause } from "../outside.ts";
import type { Rule } from "../rule.ts";

/** The rule of kind `mapped-files`. */
export const mappedFiles: Rule = {
  kind: "mapped-files",
  judge: (evidence) =>
    judgeCause(evidence, "mapped-files", (space, rate) => {
      const files = Object.entries(space.last.filesRssBytes).map(([kind, bytes]) => `${kind} ${formatBytes(bytes)}`);
      const shared = space.last.kinds["shared-memory"]?.rssBytes ?? 0;
      return {
        kind: "mapped-files",
        leak: false,
        sentence: `Pages of mapped files grow by ${rate}: the kernel can drop them when memory is scarce, no leak`,
        evidence: [
          `resident pages of files by what they are: ${files.join(", ")}`,
          ...(shared > 0 ? [`shared memory, which the kernel cannot drop: ${formatBytes(shared)}`] : []),
        ],
        next: [
          "Nothing, unless a limit counts them: a memory cgroup drops clean pages of files before it kills. Map less at a time, or advise the kernel (madvise) where they crowd out other pages.",
        ],
        wouldChange: "Anonymous memory that grows instead.",
      };
    }),
};
