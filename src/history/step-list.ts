/**
 * Goes over the steps of a log in the order in which they were saved, a record at a time.
 */
import { RECORD } from "./record.ts";
import { StepCursor } from "./steps-record.ts";
import type { LogView } from "./version-loader.ts";

/** What is known of a step without its state. */
export interface StepInfo {
  /** Its number. */
  readonly step: number;
  /** The step that it followed; 0 for the first. */
  readonly parent: number;
  /** Milliseconds since the Unix epoch. */
  readonly timeMs: number;
  /** Changed cells: slots, keys and headers of containers. */
  readonly cells: number;
}

/** The steps from `from` on. */
export async function* listSteps({ index, reader, end }: LogView, from = 1): AsyncGenerator<StepInfo> {
  const mark = index.mark(Math.max(from, index.first));
  if (mark === undefined) return;
  let before: number | undefined;
  for await (const { type, content } of reader.records(mark, end)) {
    if (type !== RECORD.steps) continue;
    const cursor = new StepCursor(content);
    const { first, parent } = cursor.header;
    while (cursor.next()) {
      const { step, timeMs, cells } = cursor;
      const follows: number = step === first && parent !== undefined ? parent : (before ?? step - 1);
      before = step;
      if (step >= from) yield { step, parent: follows, timeMs, cells };
    }
  }
}

/** The step that a step followed; 0 for the first. */
export async function parentOf(view: LogView, step: number): Promise<number> {
  const { index } = view;
  const line = index.line(step);
  if (!line || line.first === step) return line?.parent ?? 0;
  // Without thinning the numbers have no gaps.
  if (index.count === index.last) return step - 1;
  let before = line.first;
  for await (const info of listSteps(view, Math.max(line.first, step - 1))) {
    if (info.step === step) return info.parent;
    before = info.step;
  }
  return before;
}
