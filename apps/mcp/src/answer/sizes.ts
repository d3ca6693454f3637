/** Facts about sizes, rates and times, written the same way everywhere. */
import { formatBytes } from "plimsoll/monitor";
import type { Fact } from "./answer.ts";

/** A size. */
export function sizeFact(id: string, what: string, bytes: number): Fact {
  return { id, says: `${what}: ${formatBytes(bytes)}`, value: Math.round(bytes), unit: "bytes" };
}

/** A change of a size. */
export function growthFact(id: string, what: string, bytes: number, seconds: number): Fact {
  const rate = seconds > 0 ? `, ${signed(bytes / seconds)}/s` : "";
  return { id, says: `${what}: ${signed(bytes)}${rate}`, value: Math.round(bytes), unit: "bytes" };
}

/** With its sign. */
export function signed(bytes: number): string {
  return bytes < 0 ? formatBytes(bytes) : `+${formatBytes(bytes)}`;
}

/** A share of a whole, in per cent. */
export function percent(ratio: number): string {
  return `${Math.round(ratio * 100)}%`;
}
