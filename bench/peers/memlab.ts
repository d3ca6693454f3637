/**
 * memlab on three heap snapshots of one run, taken by Node itself (--heapsnapshot-signal) after 30, 60 and 90 % of the
 * time: `find-leaks`, without a filter of the user's, and `analyze unbound-collection`, which lists collections that
 * have more entries in each.
 */
import { mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { Truth } from "../../test/truth/truth.ts";
import { binary, type PeerAnswer, runNode } from "./peer.ts";

/** Writing a snapshot stops the program. */
const SNAPSHOTS_MS = 60_000;
const ANALYSIS_MS = 120_000;
const MOMENTS = [0.3, 0.6, 0.9];
/** Of a terminal's colours. */
const ESCAPES = new RegExp(String.raw`${String.fromCharCode(27)}\[[\d;]*[A-Za-z]`, "g");

/** What memlab says of a program. */
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
  const taken = readdirSync(folder)
    .filter((name) => name.endsWith(".heapsnapshot"))
    .sort();
  if (taken.length !== MOMENTS.length) return silent(`${taken.length} of ${MOMENTS.length} snapshots`);
  const snapshots = join(folder, "snapshots");
  mkdirSync(snapshots);
  // It sorts them by name, as numbers.
  const [baseline = "", target = "", final = ""] = taken.map((name, index) => {
    const path = join(snapshots, `s${index + 1}.heapsnapshot`);
    renameSync(join(folder, name), path);
    return path;
  });
  const leaks = /MemLab found (\d+) leak\(s\)/.exec(
    await run(folder, "find-leaks", "--baseline", baseline, "--target", target, "--final", final),
  )?.[1];
  const listed = await run(folder, "analyze", "unbound-collection", "--snapshot-dir", snapshots);
  if (leaks === undefined) return silent("no verdict");
  const growing = listed.split("\n").filter((line) => /^· .*: +\d+ > \d+/.test(line)).length;
  return {
    words: `${counted(Number(leaks), "leak")}, ${counted(growing, "growing collection")}`,
    isAnswer: true,
    namesMemory: Number(leaks) > 0 || growing > 0,
  };
}

async function run(folder: string, ...parameters: readonly string[]): Promise<string> {
  const { output } = await runNode(
    [binary("memlab"), ...parameters, "--work-dir", join(folder, "memlab")],
    folder,
    ANALYSIS_MS,
  );
  return output.replaceAll(ESCAPES, "");
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
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
