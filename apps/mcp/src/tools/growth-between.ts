/** What lay between two moments of a watch: kinds, regions, and the functions whose allocations still live. */
import type { ProcessRecording, ThreadSample } from "plimsoll/diagnose/remote";
import { z } from "zod";
import type { Answer, Fact } from "../answer/answer.ts";
import { refuse } from "../answer/refuse.ts";
import { growthFact, signed } from "../answer/sizes.ts";
import { defineTool, type Tool } from "../server/tool.ts";
import { Places } from "../watch/places.ts";
import { PID, WATCH } from "./watching.ts";

const SITES = 30;
const LEAST_SITE_BYTES = 16 * 1024;

function nearest<T extends { readonly timeMs: number }>(list: readonly T[], timeMs: number): T | undefined {
  return list.reduce<T | undefined>(
    (best, one) => (best && Math.abs(best.timeMs - timeMs) <= Math.abs(one.timeMs - timeMs) ? best : one),
    undefined,
  );
}

const KINDS: readonly (readonly [
  key: keyof ThreadSample & ("heapUsedBytes" | "externalBytes" | "arrayBuffersBytes"),
  id: string,
  what: string,
])[] = [
  ["heapUsedBytes", "heap_used", "JavaScript heap in use"],
  ["arrayBuffersBytes", "array_buffers", "ArrayBuffers and Buffers"],
  ["externalBytes", "external", "external memory, Buffers included"],
];

/** See the file's head. */
export const GROWTH_BETWEEN: Tool = defineTool({
  name: "growth_between",
  title: "What grew between two moments",
  description:
    "What grew between two moments of a watch: kinds of memory, regions, and the functions whose allocations still live. Moments are seconds since the watch began, as memory_summary says (at).",
  effect: "reads",
  input: {
    watch: WATCH,
    pid: PID.optional(),
    from: z.number().min(0).max(1e7).default(0).describe("Second of the watch. Default: its beginning."),
    to: z.number().min(0).max(1e7).optional().describe("Second of the watch. Default: now."),
  },
  run({ watch, pid, from, to }, { services }): Answer {
    const watched = services.watches.get(watch);
    const one = watched.isAlive ? watched.findProcess(pid) : watched.remote.recording.processes[0];
    if (!one) throw refuse(`${watch} has no process.`, "list_processes {}");
    const { startedAtMs } = watched.remote.recording;
    const [fromMs, toMs] = [startedAtMs + from * 1000, startedAtMs + Math.min(to ?? Infinity, watched.seconds) * 1000];
    if (toMs <= fromMs)
      throw refuse(
        `The watch is ${watched.seconds.toFixed(1)} s old; from ${from} to ${to ?? "now"} is no stretch of it.`,
        "Give from < to.",
      );
    const [firstOut, lastOut] = [nearest(one.resident, fromMs), nearest(one.resident, toMs)];
    const seconds = firstOut && lastOut ? (lastOut.timeMs - firstOut.timeMs) / 1000 : 0;
    const places = new Places(one.pid);
    const facts: Fact[] = [];
    if (firstOut && lastOut)
      facts.push(growthFact("rss", `resident set of pid ${one.pid}`, lastOut.rssBytes - firstOut.rssBytes, seconds));
    for (const thread of one.threads) {
      const [first, last] = [nearest(thread.samples, fromMs), nearest(thread.samples, toMs)];
      if (!first || !last) continue;
      const who = thread.threadId === 0 ? "main thread" : `worker ${thread.threadId}`;
      const at = thread.threadId === 0 ? "" : `worker${thread.threadId}.`;
      for (const [key, id, what] of KINDS)
        facts.push(growthFact(`${at}${id}`, `${who}: ${what}`, last[key] - first[key], seconds));
      facts.push(
        ...siteFacts(
          at,
          who,
          thread.profiles.filter(({ timeMs }) => timeMs <= toMs),
          fromMs,
          places,
        ),
      );
    }
    const [firstMap, lastMap] = [nearest(one.regions ?? [], fromMs), nearest(one.regions ?? [], toMs)];
    if (firstMap && lastMap && firstMap !== lastMap) {
      for (const [kind, sum] of Object.entries(lastMap.kinds)) {
        const grew = sum.rssBytes - (Object.entries(firstMap.kinds).find(([name]) => name === kind)?.[1].rssBytes ?? 0);
        if (Math.abs(grew) >= 2 ** 20)
          facts.push(
            growthFact(`region.${kind}`, `regions of kind ${kind}`, grew, (lastMap.timeMs - firstMap.timeMs) / 1000),
          );
      }
    }
    return {
      summary: `${watched.name}: ${facts[0]?.says ?? "nothing was seen"} within ${seconds.toFixed(0)} s.`,
      facts,
      how: "Samples nearest to both moments; allocation profiles taken right after forced collections (bytes that still live). Single heap readings include garbage.",
      recheck: `growth_between {"watch":"${watch}","from":${from}} later: what leaks goes on at the same rate`,
      next: [
        `diagnose_growth {"watch":"${watch}"}`,
        `capture_heap {"watch":"${watch}"}, later again, then compare_heaps`,
      ],
    };
  },
});

type Profiles = ProcessRecording["threads"][number]["profiles"];

/** By function: what lives of it in the last profile, less what lived in the one nearest to the first moment. */
function siteFacts(at: string, who: string, profiles: Profiles, fromMs: number, places: Places): Fact[] {
  const last = profiles.at(-1);
  if (!last || last.timeMs < fromMs) return [];
  const before = profiles.filter((one) => one !== last && one.sinceMs === last.sinceMs);
  const first = nearest(before, fromMs);
  const had = new Map<string, number>();
  for (const { where, bytes } of first?.sites ?? []) {
    const name = places.name(where);
    had.set(name, (had.get(name) ?? 0) + bytes);
  }
  const has = new Map<string, number>();
  for (const { where, bytes } of last.sites) {
    const name = places.name(where);
    has.set(name, (has.get(name) ?? 0) + bytes);
  }
  return [...has]
    .map(([name, bytes]) => ({ name, grew: bytes - (had.get(name) ?? 0) }))
    .filter(({ grew }) => grew >= LEAST_SITE_BYTES)
    .toSorted((a, b) => b.grew - a.grew)
    .slice(0, SITES)
    .map(({ name, grew }, nth) => ({
      id: `${at}site.${nth + 1}`,
      says: `${who}: ${signed(grew)} still alive, allocated in ${name}`,
      value: Math.round(grew),
      unit: "bytes",
    }));
}
