/**
 * `memlab find-leaks` on three heap snapshots of one run, taken by Node itself (--heapsnapshot-signal) after 30,
 * 60 and 90 % of the time, without a filter of the user's.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Truth } from "../../test/truth/truth.ts";
import { binary, type PeerAnswer, runNode } from "./peer.ts";

/** Writing a snapshot stops the program. */
const SNAPSHOTS_MS = 60_000;
const ANALYSIS_MS = 120_000;
const MOMENTS = [0.3, 0.6, 0.9];

/** What `memlab find-leaks` says of a program. */
export async function askMemlab({ program, nodeArguments = [], seconds }: Truth, folder: string): Promise<PeerAnswer> {
  const file = join(import.meta.dirname, "..", "..", "test", "truth", program);
  const timers: NodeJS.Timeout[] = [];
  await runNode(
    [...nodeArguments, "--heapsnapshot-signal=SIGUSR2", file, String(seconds)],
    folder,
    seconds * 1000 + SNAPSHOTS_MS,
    (pid) => {
      for (const moment of MOMENTS) timers.push(setTimeout(() => demand(pid), moment * seconds * 1000));
    },
  );
  for (const timer of timers) clearTimeout(timer);
  const snapshots = readdirSync(folder)
    .filter((name) => name.endsWith(".heapsnapshot"))
    .sort();
  const [baseline, target, final] = snapshots;
  if (baseline === undefined || target === undefined || final === undefined)
    return silent(`${snapshots.length} of 3 snapshots`);
  const { code, output } = await runNode(
    [
      ...[binary("memlab"), "find-leaks", "--work-dir", join(folder, "memlab")],
      ...["--baseline", baseline, "--target", target, "--final", final],
    ],
    folder,
    ANALYSIS_MS,
  );
  const found = /MemLab found (\d+) leak\(s\)/.exec(output);
  if (!found) return silent(`no verdict (exit code ${code ?? "none: killed"})`);
  const leaks = Number(found[1]);
  return { words: leaks === 1 ? "1 leak" : `${leaks} leaks`, isAnswer: true, namesMemory: leaks > 0 };
}

function silent(words: string): PeerAnswer {
  return { words, isAnswer: false, namesMemory: false };
}

function demand(pid: number): void {
  try {
    process.kill(pid, "SIGUSR2");
  } catch {
    // it has ended
  }
}
