/**
 * Counts a process's system calls for a few seconds with strace, which is the one that stops and resumes it:
 * `-c` counts without writing, and a SIGINT detaches it. It is given a deadline, and only this strace is ended.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Detaching from a program of many threads takes its time. */
const DETACH_MS = 5_000;

/** Calls of one kind. */
export interface SyscallCount {
  readonly calls: number;
  readonly errors: number;
}

/** What was counted. */
export interface SyscallTrace {
  /** How long it was attached. */
  readonly seconds: number;
  /** By the call's name. */
  readonly counts: ReadonlyMap<string, SyscallCount>;
}

/**
 * Counts for a while. The process runs slower meanwhile.
 *
 * @param program - strace's file.
 * @param signal - ends the counting early.
 * @returns the counts, or why there are none, in words.
 */
export async function traceSyscalls(
  program: string,
  pid: number,
  ms: number,
  signal: AbortSignal,
): Promise<SyscallTrace | string> {
  const dir = mkdtempSync(join(tmpdir(), "plimsoll-strace-"));
  try {
    const file = join(dir, "counts");
    const began = performance.now();
    const complaint = await runStrace(program, ["-f", "-c", "-qq", "-p", String(pid), "-o", file], ms, signal);
    const counts = parseCounts(readText(file));
    if (counts.size === 0 && complaint !== "") return complaint;
    return { seconds: (performance.now() - began) / 1000, counts };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/** Resolves with what it complained of, at the latest {@link DETACH_MS} after its time. */
function runStrace(program: string, args: readonly string[], ms: number, signal: AbortSignal): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
    let complaint = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint = (complaint + text).slice(0, 300)));
    const detach = (): void => void child.kill("SIGINT");
    const asking = setTimeout(detach, ms);
    const killing = setTimeout(() => child.kill("SIGKILL"), ms + DETACH_MS);
    signal.addEventListener("abort", detach, { once: true });
    const end = (text: string): void => {
      clearTimeout(asking);
      clearTimeout(killing);
      signal.removeEventListener("abort", detach);
      resolve(text.trim().split("\n")[0] ?? "");
    };
    child.once("error", (error) => end(error.message));
    child.once("close", () => end(complaint));
  });
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/** Reads the table that `strace -c` writes: share, seconds, µs a call, calls, errors where there are some, name. */
export function parseCounts(text: string): Map<string, SyscallCount> {
  const rows = text.matchAll(/^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)(?:\s+(\d+))?\s+([a-z]\w*)$/gm);
  const counts = [...rows].map(([, calls, errors = "0", name = ""]): [string, SyscallCount] => [
    name,
    { calls: Number(calls), errors: Number(errors) },
  ]);
  return new Map(counts.filter(([name]) => name !== "total"));
}
