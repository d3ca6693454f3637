/** Draws the answers of `plimsoll heap` for a terminal; each is at most about 2,000 characters. */
import { formatBytes } from "../base/bytes.ts";
import { formatShare } from "../diagnose/report/words.ts";
import type { HeapDiff } from "../heap/diff-heaps.ts";
import type { ClassCount } from "../heap/class-histogram.ts";
import { describeSuspects, type Suspect } from "../heap/suspect.ts";
import type { Neighbour, NodeSheet } from "../heap/node-sheet.ts";
import type { Paint } from "./output.ts";

/** What `--json` prints for one snapshot. */
export interface HeapSummary {
  readonly schema: "plimsoll.heap/1";
  readonly file: string;
  readonly objects: number;
  readonly references: number;
  readonly bytes: number;
  readonly suspects: readonly Suspect[];
  readonly classes: readonly ClassCount[];
}

/** One snapshot: who keeps most, and which classes weigh most. */
export function drawSummary(
  { file, objects, references, bytes, suspects, classes }: HeapSummary,
  paint: Paint,
): string {
  const counts = `${objects.toLocaleString("en")} objects, ${references.toLocaleString("en")} references`;
  const first = suspects.find(({ holderId }) => holderId !== undefined);
  return [
    ` ${paint.bold(`plimsoll: ${formatBytes(bytes)} in ${file}`)}   ${paint.dim(counts)}`,
    "",
    ` ${paint.bold("who keeps most")} ${paint.dim("(bytes that would go with it)")}`,
    indent(describeSuspects(suspects)),
    ` ${paint.bold("classes")} ${paint.dim("(their own bytes)")}`,
    ...classes
      .slice(0, 6)
      .map(
        ({ className, count, selfBytes }) =>
          `   ${formatBytes(selfBytes).padStart(8)}  ${count.toLocaleString("en").padStart(9)}  ${className.slice(0, 50)}`,
      ),
    "",
    ...(first ? [next(`plimsoll heap node ${file} @${first.holderId}`, "what is around it", paint)] : []),
    next(`plimsoll heap diff ${file} LATER LATER`, "what grows: capture two more from the same process", paint),
  ].join("\n");
}

/** What grew. */
export function drawDiff(
  { files, suspects, classes, grewBytes, newCount }: HeapDiff & { readonly files: readonly string[] },
  paint: Paint,
): string {
  const leaks = suspects.filter(({ isLeak }) => isLeak).length;
  const growth = grewBytes === undefined ? "" : `${grewBytes >= 0 ? "+" : "-"}${formatBytes(Math.abs(grewBytes))}`;
  const judged = leaks > 0 ? `${leaks} ${leaks === 1 ? "holder leaks" : "holders leak"}` : "nothing is called a leak";
  const last = files.at(-1) ?? "";
  const first = suspects.find(({ holderId }) => holderId !== undefined);
  return [
    ` ${paint.bold(`plimsoll: ${growth}, ${judged}`)}   ${paint.dim(`${newCount.toLocaleString("en")} objects are new`)}`,
    "",
    ` ${paint.bold("who came to hold what is new")}`,
    indent(describeSuspects(suspects)),
    ` ${paint.bold("classes that grew")}`,
    ...classes
      .slice(0, 5)
      .map(
        ({ className, counts, grewBytes: grew }) =>
          `   ${`+${formatBytes(grew)}`.padStart(9)}  ${counts.join(" → ").padStart(20)}  ${className.slice(0, 50)}`,
      ),
    "",
    ...(first ? [next(`plimsoll heap node ${last} @${first.holderId}`, "what is around it", paint)] : []),
    ...(files.length < 3
      ? [next(`plimsoll heap diff ${files.join(" ")} LATER`, "a third snapshot tells growth from warm-up", paint)]
      : []),
  ].join("\n");
}

/** One object. */
export function drawNode(sheet: NodeSheet, paint: Paint): string {
  const { id, what, selfBytes, retainedBytes, share, path, retainers, references, counts } = sheet;
  const more = (shown: number, all: number): string[] =>
    all > shown ? [`   ${paint.dim(`… and ${all - shown} more`)}`] : [];
  return [
    ` ${paint.bold(`${what} @${id}`)}   keeps ${formatBytes(retainedBytes)} (${formatShare(share)} of the heap), itself ${formatBytes(selfBytes)}`,
    "",
    ` ${paint.bold("the way from the root")}`,
    ...(path.length === 0 ? ["   none: nothing keeps it alive"] : path.map((step) => line(step, paint))),
    ` ${paint.bold("who refers to it")}`,
    ...retainers.map((step) => line(step, paint)),
    ...more(retainers.length, counts.retainers),
    ` ${paint.bold("what it refers to")} ${paint.dim("(largest first)")}`,
    ...references.map((step) => line(step, paint)),
    ...more(references.length, counts.references),
  ].join("\n");
}

function line({ how, what, id, retainedBytes }: Neighbour, paint: Paint): string {
  return `   ${formatBytes(retainedBytes).padStart(8)}  ${how} ${paint.dim("→")} ${what} ${paint.dim(`@${id}`)}`;
}

function next(command: string, why: string, paint: Paint): string {
  return `   ${paint.cyan(command)}   ${paint.dim(why)}`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, "   ");
}
