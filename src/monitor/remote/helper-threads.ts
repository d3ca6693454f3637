/**
 * How many threads Node.js starts for V8 before any that the program asks for: one for delayed tasks, and a pool that
 * collects and compiles for every isolate (src/node_platform.cc). They touch new pages while they copy survivors, so
 * they must not be taken for workers, whose names are the same up to Node 22.
 */
import { readSystemText } from "../../probe/system-files.ts";

const DELAYED_TASKS = 1;
const DEFAULT_POOL = 4;

/**
 * Counts V8's helper threads of a process by its options; 0 where Node.js chooses the size of the pool itself
 * (`--v8-pool-size=0`), so that none is taken for one.
 */
export function countHelpers(pid: number): number {
  const environment = readSystemText(`proc/${pid}/environ`)?.split("\0") ?? [];
  const options = environment.find((entry) => entry.startsWith("NODE_OPTIONS="))?.slice("NODE_OPTIONS=".length) ?? "";
  const command = readSystemText(`proc/${pid}/cmdline`)?.split("\0") ?? [];
  // The command line wins over the environment: the last one counts.
  const pool = [...`${options} ${command.join(" ")}`.matchAll(/(?<=^|\s)--v8-pool-size[= ](\d+)/g)].at(-1)?.[1];
  const size = pool === undefined ? DEFAULT_POOL : Number(pool);
  return size === 0 ? 0 : DELAYED_TASKS + size;
}
