/**
 * Saved sessions as files.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { failure } from "../data/errors.ts";
import type { TimeMachine } from "../time/time-machine.ts";

/** Writes a saved session. @throws `LispError` of kind `file`. */
export function writeSession(name: string, bytes: Uint8Array): void {
  try {
    writeFileSync(name, bytes, { mode: 0o600 });
  } catch (error) {
    throw failure("file", error instanceof Error ? error.message : String(error));
  }
}

/** Takes over a saved session. @throws `LispError` of kind `file` or `image`. */
export function resumeSession(time: TimeMachine, name: string): void {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(name);
  } catch (error) {
    throw failure("file", error instanceof Error ? error.message : String(error));
  }
  time.resume(bytes);
}
