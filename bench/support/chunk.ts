/**
 * Long benches in parts: what a command line asks for, and tasks of known length, so many at a time, of which none
 * is begun that would not end within the minutes given. What is left is done by the same command again.
 */
import { parseArgs } from "node:util";

/** The exit code while tasks are left (EX_TEMPFAIL of sysexits.h). */
export const TASKS_LEFT = 75;

/** What a long bench is asked for. */
export interface ChunkOptions {
  /** Only programs whose files start so; all when empty. */
  readonly names: readonly string[];
  /** The Node.js line, as `22`. Default: all. */
  readonly node?: string;
  /** Begins nothing that would end later. Default: no bound. */
  readonly minutes: number;
  /** Forgets what was measured of these programs before. */
  readonly again: boolean;
  /** Keeps recordings too. */
  readonly record: boolean;
  readonly atATime: number;
}

/** Reads `[program…] [--node 22] [--minutes 8] [--at-a-time 8] [--again] [--record]`. */
export function readOptions(defaultAtATime: number): ChunkOptions {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      node: { type: "string" },
      minutes: { type: "string", default: "Infinity" },
      "at-a-time": { type: "string", default: String(defaultAtATime) },
      again: { type: "boolean", default: false },
      record: { type: "boolean", default: false },
    },
  });
  const { node, minutes, again, record } = values;
  const names = positionals;
  const atATime = Number(values["at-a-time"]);
  return { names, minutes: Number(minutes), again, record, atATime, ...(node === undefined ? {} : { node }) };
}

/** True when a program was asked for, by the start of its file's name. */
export function isAskedFor({ names }: ChunkOptions, program: string): boolean {
  return names.length === 0 || names.some((name) => program.startsWith(name));
}

/**
 * Runs tasks in their order, as far as there is time for them.
 *
 * @param secondsOf - how long one takes at most.
 * @returns how many were not begun.
 */
export async function runWithin<T>(
  tasks: readonly T[],
  { minutes, atATime }: ChunkOptions,
  secondsOf: (task: T) => number,
  run: (task: T) => Promise<void>,
): Promise<number> {
  const endMs = performance.now() + minutes * 60_000;
  const waiting = [...tasks];
  const work = async (): Promise<void> => {
    for (;;) {
      const next = waiting.findIndex((task) => performance.now() + secondsOf(task) * 1000 <= endMs);
      const [task] = next < 0 ? [] : waiting.splice(next, 1);
      if (task === undefined) return;
      await run(task);
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return waiting.length;
}
