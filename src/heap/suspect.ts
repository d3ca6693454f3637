/**
 * What a question to a heap answers with: holders in the words of the source, each with its figures and the reason why
 * it is named. Lists are short, and no text of the program's own strings is in them.
 */
import { formatBytes } from "../base/bytes.ts";

/** Something that keeps much memory, or ever more. */
export interface Suspect {
  /** In the words of the source: `Map sessions in server.js`. */
  readonly holder: string;
  /** Its id in the snapshot; `plimsoll heap node FILE @id` shows more. Default: a group of objects without one holder. */
  readonly holderId?: number;
  /** Class of the holder. */
  readonly className: string;
  /** Bytes that would go with it. */
  readonly retainedBytes: number;
  /** Those bytes as a share of the heap, 0..1. */
  readonly share: number;
  /** Objects of the class of which it keeps most. */
  readonly count: number;
  /** The way to it, from a name in the source downwards, at most 12 steps. */
  readonly path: readonly string[];
  /** Why it is named, with the figures. */
  readonly why: string;
  /** By how much it grew from the first snapshot to the last. Default: only one was given, or only ids of the first. */
  readonly grewBytes?: number;
  /** Objects below it that the first snapshot did not have. Default: only one snapshot was given. */
  readonly newCount?: number;
  /** True only where three snapshots show that it grew twice, about as much each time. */
  readonly isLeak: boolean;
}

const MAX_TEXT = 2000;
const MAX_SHOWN = 12;

/** Writes suspects for a terminal: at most 2,000 characters. */
export function describeSuspects(suspects: readonly Suspect[]): string {
  if (suspects.length === 0) return "Nothing stands out.\n";
  let text = "";
  for (const [index, suspect] of suspects.slice(0, MAX_SHOWN).entries()) {
    const size = suspect.grewBytes === undefined ? suspect.retainedBytes : suspect.grewBytes;
    const sign = suspect.grewBytes !== undefined && size > 0 ? "+" : "";
    const id = suspect.holderId === undefined ? "" : ` @${suspect.holderId}`;
    const entry = `${index + 1}. ${suspect.isLeak ? "LEAK " : ""}${sign}${formatBytes(size)}  ${suspect.holder}${id}\n   ${suspect.why}\n`;
    if (text.length + entry.length > MAX_TEXT - 40) return `${text}… and ${suspects.length - index} more.\n`;
    text += entry;
  }
  return text;
}

/** The one line that a report shows as `growth[].holder`. Default: nothing grew enough to be named. */
export function holderOfGrowth(suspects: readonly Suspect[]): string | undefined {
  return (suspects.find(({ isLeak }) => isLeak) ?? suspects.find(({ grewBytes = 0 }) => grewBytes > 0))?.holder;
}
