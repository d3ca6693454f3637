/** What native code holds: glibc's heap, walked from outside without stopping the program. */
import { describeNativeHeap, type NativeHeapWalk } from "plimsoll/diagnose/remote";
import { formatBytes } from "plimsoll/monitor";
import { z } from "zod";
import type { Answer } from "../answer/answer.ts";
import { refuse } from "../answer/refuse.ts";
import { defineTool, type Tool } from "../server/tool.ts";
import { readTarget } from "../watch/target.ts";
import { PID, WATCH } from "./watching.ts";

const MOST_WALKS = 12;
let lastId = 0;

function newestOf(walks: ReadonlyMap<string, NativeHeapWalk>, pid: number): string | undefined {
  return [...walks].filter(([, walk]) => walk.pid === pid).at(-1)?.[0];
}

const walk = defineTool({
  name: "native_heap",
  title: "Walk the native heap",
  description:
    "Walks glibc's heap of a process from outside: what native code holds, in which sizes, whose it is. Called again it says what grew since the last walk of that process (or since the one named). The program is not stopped.",
  effect: "reads",
  input: {
    watch: WATCH.optional(),
    pid: PID.optional(),
    since: z
      .string()
      .max(12)
      .optional()
      .describe("Handle of an earlier walk, such as n1. Default: the last one of the process."),
  },
  async run({ watch, pid, since }, { services, signal, progress }): Promise<Answer> {
    const watched = watch === undefined ? undefined : services.watches.get(watch);
    const target = watched?.findProcess(pid).pid ?? pid;
    if (target === undefined) throw refuse("Neither a watch nor a pid was given.", "list_processes {} shows both.");
    readTarget(target);
    const known = new Map<string, NativeHeapWalk>();
    for (let nth = Math.max(1, lastId - MOST_WALKS); nth <= lastId; nth += 1) {
      const kept = services.walks.get(`n${nth}`);
      if (kept) known.set(`n${nth}`, kept);
    }
    const before = since ?? newestOf(known, target);
    const first = before === undefined ? undefined : known.get(before);
    if (since !== undefined && first?.pid !== target)
      throw refuse(`There is no walk "${since.slice(0, 12)}" of process ${target}.`, `native_heap {"pid":${target}}`);
    const found = await services.analyst.ask(
      "native",
      { pid: target },
      { signal, onStage: () => progress(0, 1, "walking") },
    );
    if (!found.available)
      throw refuse(
        `The native heap of ${target} cannot be walked: ${found.reason}`,
        `diagnose_growth tells native memory from other kinds without it.`,
      );
    lastId += 1;
    const id = `n${lastId}`;
    services.walks.set(id, found);
    const { sentence, details, figures = {} } = describeNativeHeap(first ?? found, first ? found : undefined);
    return {
      summary: `Walk ${id} of pid ${target}${first ? `, compared with ${before}` : ""}: ${sentence}.`,
      facts: [
        ...(figures["grownBytes"] === undefined
          ? []
          : [
              {
                id: "grown",
                says: `grew by ${formatBytes(figures["grownBytes"])}`,
                value: figures["grownBytes"],
                unit: "bytes",
              },
            ]),
        {
          id: "held",
          says: `${formatBytes(figures["usedBytes"] ?? 0)} held by native code`,
          value: figures["usedBytes"] ?? 0,
          unit: "bytes",
        },
        ...details.map((says, nth) => ({ id: `detail.${nth + 1}`, says })),
      ],
      how: `glibc's own structures, read through /proc/${target}/mem in ${Math.round(found.durationMs)} ms while the program ran. Sizes and names of code alone; an owner is a hint unless it is a class.`,
      recheck: `native_heap again; plimsoll watch ${target} --native-heap --for 30s`,
      next: first
        ? ["Held and growing in one size: look for the call of that size in the library named"]
        : [`native_heap {"pid":${target},"since":"${id}"} in 20 s, under load`],
    };
  },
});

/** See the file's head. */
export const NATIVE: readonly Tool[] = [walk];
