/**
 * Whether external memory is WebAssembly's: V8 counts both in one number, but in the address space
 * WebAssembly memories lie behind a reserve of gigabytes, and strings do not.
 */
import { sum } from "./address-space.ts";
import type { Evidence } from "./evidence.ts";

const MOST = 0.5;

/** True when the resident WebAssembly memories explain most of the external memory that grew or stands. */
export function isWasm({ space, external, thread }: Evidence): boolean {
  if (!space || !external || thread !== undefined) return false;
  const resident = sum(space.last, ["wasm-memory"]);
  const rise = resident - sum(space.first, ["wasm-memory"]);
  if (external.state === "grows") {
    const counted = (external.slope?.bytesPerSecond ?? 0) * space.seconds;
    return rise >= MOST * counted;
  }
  return resident >= MOST * external.lastBytes;
}
