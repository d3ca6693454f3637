/**
 * Who killed: the out-of-memory killer's counters from before and after an end, compared. It counts each
 * kill in the victim's own cgroup, so a count that did not move is proof that somebody else sent the
 * signal, and one that did leaves the question whose limit was full.
 */
import { formatBytes } from "../../base/bytes.ts";
import type { CgroupAccount, OomComparison } from "../../monitor/remote/recording.ts";

/** Nearer to a limit than this a cgroup is full: the kernel charges whole batches of pages. */
const FULL = 0.97;

/** `killed`: the kernel did; `spared`: it did not; `unknown`: nothing tells. */
export interface OomJudgement {
  readonly by: "killed" | "likely" | "spared" | "unknown";
  /** The evidence in words: `cgroup /x reached its 256 MB limit (oom_kill 0 → 1)`. */
  readonly words: string;
  /** Set when the one process that was killed may have been the watcher. */
  readonly mayBeWatcher?: boolean;
}

/** Compares the counters around an end. */
export function judgeOom(comparison: OomComparison | undefined): OomJudgement {
  if (comparison === undefined) return { by: "unknown", words: "the killer's counters cannot be read here" };
  const { before, after } = comparison;
  const pairs = after.groups.map((group) => ({
    group,
    earlier: before.groups.find(({ directory }) => directory === group.directory),
  }));
  const own = pairs.filter(({ group, earlier }) => group.kills !== undefined && earlier?.kills !== undefined);
  const killed = own.find(({ group, earlier }) => (group.kills ?? 0) > (earlier?.kills ?? 0));
  if (killed) {
    const isOne = (killed.group.kills ?? 0) - (killed.earlier?.kills ?? 0) === 1;
    const mayBeWatcher = killed.group.holdsWatcher === true && isOne;
    const count = `oom_kill ${killed.earlier?.kills} → ${killed.group.kills}`;
    const full = pairs.filter(isHit).map(({ group }) => group);
    // Of several the smallest was the one in the way.
    const hit = full.sort((a, b) => (a.limitBytes ?? 0) - (b.limitBytes ?? 0))[0];
    if (hit === undefined) {
      const where = `cgroup ${killed.group.path}: ${count}`;
      return {
        by: "killed",
        mayBeWatcher,
        words: `the machine, or a cgroup out of sight, ran out of memory (${where})`,
      };
    }
    const where = hit === killed.group ? count : `${count} in cgroup ${killed.group.path}`;
    return {
      by: "killed",
      mayBeWatcher,
      words: `cgroup ${hit.path} reached its ${formatBytes(hit.limitBytes)} limit (${where})`,
    };
  }
  // A command may have passed through several: the one with a limit is the one to name.
  const [spared] = own.toSorted((a, b) => (a.group.limitBytes ?? Infinity) - (b.group.limitBytes ?? Infinity));
  if (spared) {
    return { by: "spared", words: `oom_kill of cgroup ${spared.group.path} stayed at ${spared.group.kills}` };
  }
  const [first, last] = [before.machineKills, after.machineKills];
  if (first === undefined || last === undefined)
    return { by: "unknown", words: "the killer's counters cannot be read here" };
  if (last > first) return { by: "likely", words: `the machine's oom_kill rose from ${first} to ${last} meanwhile` };
  return { by: "spared", words: `the machine's oom_kill stayed at ${last}` };
}

function isHit({ group, earlier }: { group: CgroupAccount; earlier: CgroupAccount | undefined }): boolean {
  const { limitBytes, peakBytes, hits, ooms } = group;
  if (limitBytes === undefined) return false;
  if (ooms !== undefined) return ooms > (earlier?.ooms ?? ooms);
  // Where swap is limited to the same size, memory.failcnt stays at 0 through the kill (seen on Linux 6.18).
  if (peakBytes !== undefined) return peakBytes >= FULL * limitBytes;
  return hits !== undefined && hits > (earlier?.hits ?? hits);
}
