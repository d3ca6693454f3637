/**
 * What counts of system calls say about memory. Each way to take memory from the kernel has its own ratio of
 * mmap to munmap to mprotect; a ratio fits a cause, it does not prove one. Ratios measured on programs with
 * a known cause: docs/cli.md.
 */
import type { ReportTrial } from "../diagnose/report/report.ts";
import { formatCount, formatShare } from "../diagnose/report/words.ts";
import type { SyscallTrace } from "./syscall-trace.ts";

const SHOWN = ["mmap", "munmap", "mprotect", "brk", "futex"] as const;
/** Fewer calls than this say nothing. */
const FEW = 20;

/** The counts as an entry of the report, or why there are none. */
export function describeSyscalls(trace: SyscallTrace | string): ReportTrial {
  const name = "syscalls";
  if (typeof trace === "string") return { name, sentence: `System calls could not be counted: ${trace}`, details: [] };
  const calls = (call: string): number => trace.counts.get(call)?.calls ?? 0;
  const figures = Object.fromEntries(SHOWN.map((call) => [call, calls(call)]));
  const list = SHOWN.map((call) => `${call} ${formatCount(calls(call))}`).join(", ");
  return {
    name,
    sentence: `${explain(calls("mmap"), calls("munmap"), calls("mprotect"), calls("brk"))} (${list} in ${trace.seconds.toFixed(1)} s)`,
    details: [...ratio(calls("mmap"), calls("munmap"), calls("mprotect")), ...futexWords(trace)],
    figures: { seconds: trace.seconds, ...figures, futexErrors: trace.counts.get("futex")?.errors ?? 0 },
  };
}

function explain(mmap: number, munmap: number, mprotect: number, brk: number): string {
  if (mmap + munmap + mprotect + brk < FEW) return "Hardly any memory was asked of the kernel or given back";
  if (mprotect >= FEW && mprotect > 20 * Math.max(mmap, 1)) return "As where thread arenas of glibc grow";
  if (brk > 3 * (mmap + munmap)) return "As where small blocks are allocated: malloc, or Buffers below 128 KB";
  if (mmap >= FEW && munmap < mmap / 10) return "Mappings are made and not given back: a leak of them, or a start";
  if (munmap >= 1.7 * mmap && mmap > 0)
    return "As where pages of V8's heaps come and go: garbage, or workers that start and end";
  if (mmap >= FEW && munmap >= 0.7 * mmap && mprotect >= 0.7 * mmap)
    return "As where a V8 heap grows, the main one or a worker's";
  return "No pattern that is known";
}

function ratio(mmap: number, munmap: number, mprotect: number): string[] {
  if (mmap === 0) return [];
  const part = (calls: number): string => String(Number((calls / mmap).toPrecision(3)));
  return [`mmap : munmap : mprotect = 1 : ${part(munmap)} : ${part(mprotect)}`];
}

function futexWords({ counts }: SyscallTrace): string[] {
  const { calls, errors } = counts.get("futex") ?? { calls: 0, errors: 0 };
  if (calls === 0) return [];
  return [
    `${formatShare(errors / calls)} of the futex calls failed, which alone means nothing: they do in healthy programs`,
  ];
}
