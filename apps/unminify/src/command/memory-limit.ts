/**
 * Reads `--max-memory`. Plimsoll is loaded only where it is asked: it costs memory itself.
 */
import { UnminifyError } from "../unminify-error.ts";

/** Bytes that a run may need; undefined without a limit. `auto` is 90 % of the tightest real limit. */
export async function memoryLimitBytes(text: string | undefined): Promise<number | undefined> {
  if (text === undefined) return undefined;
  const { getSystemInfo, parseBytes, PlimsollError } = await import("plimsoll/monitor");
  const { tightestLimit } = getSystemInfo();
  try {
    return parseBytes(text === "auto" ? "90%" : text, tightestLimit?.bytes);
  } catch (error) {
    if (!PlimsollError.is(error)) throw error;
    throw new UnminifyError("BAD_USAGE", `--max-memory: ${error.message}`, error);
  }
}
