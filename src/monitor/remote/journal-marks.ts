/**
 * How far a recording has been written: the time of the newest written entry of each list. Tells what is new since,
 * and moves on only when that has reached the file, so that what a full disk refused comes again.
 */
import { type Change, keyOf, type ProcessChange, type ThreadChange } from "./journal-lines.ts";
import type { ProcessRecording, Recording, ThreadRecording } from "./recording.ts";

/** Short lists that change seldom travel whole, and only when they have changed. */
const SELDOM_OF_PROCESS = ["regions", "modules", "allocator", "experiments"] as const;
const SELDOM_OF_THREAD = ["heap", "ledger", "ledgerCourse"] as const;

/** Remembers what of a {@link Recording} is written. */
export class JournalMarks {
  /** Times of the newest written entry of each list, by list. Those of forgotten processes go when the file is begun anew. */
  readonly #marks = new Map<string, number>();

  /** What is new since the last {@link JournalMarks.commit}. */
  difference(recording: Recording): Change {
    const { limit, endedAtMs, exit, oom, crash, own } = recording;
    const processes = recording.processes.map((one) => this.#processChange(one));
    return {
      limit,
      ...(endedAtMs === undefined ? {} : { endedAtMs }),
      ...(exit === undefined ? {} : { exit }),
      ...(oom === undefined ? {} : { oom }),
      ...(crash === undefined ? {} : { crash }),
      own,
      processes: processes.filter((change) => change !== undefined),
    };
  }

  /** Remembers how far each list is written. */
  commit(recording: Recording): void {
    const marks = this.#marks;
    const mark = (key: string, list: readonly { readonly timeMs: number }[]): void => {
      const newest = list.at(-1);
      if (newest) marks.set(key, newest.timeMs);
    };
    const stamp = <T extends object>(key: string, holder: T, names: readonly (keyof T & string)[]): void => {
      for (const name of names) {
        const newest = stampOf(holder[name]);
        if (newest !== undefined) marks.set(`${key} ${name}`, newest);
      }
    };
    for (const one of recording.processes) {
      const key = keyOf(one);
      marks.set(key, 1);
      if (one.endedAtMs !== undefined) marks.set(`${key} ended`, 1);
      mark(`${key} resident`, one.resident);
      stamp(key, one, SELDOM_OF_PROCESS);
      for (const thread of one.threads) {
        const threadKey = `${key} ${thread.threadId}`;
        marks.set(threadKey, 1);
        if (thread.endedAtMs !== undefined) marks.set(`${threadKey} ended`, 1);
        mark(`${threadKey} samples`, thread.samples);
        stamp(threadKey, thread, SELDOM_OF_THREAD);
        mark(`${threadKey} majors`, thread.majors);
        mark(`${threadKey} profiles`, thread.profiles);
        marks.set(`${threadKey} troubles`, thread.troubles.length);
      }
    }
  }

  /** Nothing is written yet: the file is begun anew. */
  clear(): void {
    this.#marks.clear();
  }

  #processChange(one: ProcessRecording): ProcessChange | undefined {
    const key = keyOf(one);
    const resident = this.#fresh(`${key} resident`, one.resident);
    const threads = one.threads
      .map((thread) => this.#threadChange(key, thread))
      .filter((change) => change !== undefined);
    const isEnded = one.endedAtMs !== undefined && !this.#marks.has(`${key} ended`);
    const { change, isNew } = this.#withoutOld(key, { ...one, resident, threads }, SELDOM_OF_PROCESS);
    if (resident.length === 0 && threads.length === 0 && !isNew && !isEnded && this.#marks.has(key)) return undefined;
    return change;
  }

  #threadChange(processKey: string, thread: ThreadRecording): ThreadChange | undefined {
    const key = `${processKey} ${thread.threadId}`;
    const samples = this.#fresh(`${key} samples`, thread.samples);
    const majors = this.#fresh(`${key} majors`, thread.majors);
    const profiles = this.#fresh(`${key} profiles`, thread.profiles);
    const troubles = thread.troubles.slice(this.#marks.get(`${key} troubles`) ?? 0);
    const isEnded = thread.endedAtMs !== undefined && !this.#marks.has(`${key} ended`);
    const count = samples.length + majors.length + profiles.length + troubles.length;
    const news = { ...thread, samples, majors, profiles, troubles };
    const { change, isNew } = this.#withoutOld(key, news, SELDOM_OF_THREAD);
    if (count === 0 && !isNew && !isEnded && this.#marks.has(key)) return undefined;
    return change;
  }

  #withoutOld<T extends object>(key: string, change: T, names: readonly (keyof T & string)[]) {
    let isNew = false;
    for (const name of names) {
      const isOld = this.#marks.get(`${key} ${name}`) === stampOf(change[name]);
      if (isOld) delete change[name];
      isNew ||= !isOld;
    }
    return { change, isNew };
  }

  #fresh<T extends { readonly timeMs: number }>(key: string, list: readonly T[]): T[] {
    const mark = this.#marks.get(key) ?? Number.NEGATIVE_INFINITY;
    let from = list.length;
    while (from > 0 && (list[from - 1]?.timeMs ?? mark) > mark) from--;
    return list.slice(from);
  }
}

/** Tells one state of a short list from the next; `undefined` where there is none. */
function stampOf(list: unknown): number | undefined {
  if (!Array.isArray(list)) return undefined;
  const last = list.at(-1) as { readonly timeMs?: number; readonly rssBytes?: number } | undefined;
  return last?.timeMs ?? list.length + (last?.rssBytes ?? 0);
}
