/** How much memory, how it goes, and what lay between two moments. */
import { type ProcessRecording, readLimits, tightestLimit, type ThreadSample } from "plimsoll/diagnose/remote";
import { formatBytes, theilSen } from "plimsoll/monitor";
import { z } from "zod";
import type { Answer, Fact } from "../answer/answer.ts";
import { refuse } from "../answer/refuse.ts";
import { growthFact, percent, signed, sizeFact } from "../answer/sizes.ts";
import { defineTool, type Tool } from "../server/tool.ts";
import { readTarget } from "../watch/target.ts";
import { Places } from "../watch/places.ts";
import { PID, WATCH } from "./watching.ts";

const POINTS = 24;
const MOST_ZOOMS = 4;
const SITES = 30;
const LEAST_SITE_BYTES = 16 * 1024;

function processFacts(one: ProcessRecording, prefix: string): Fact[] {
  const resident = one.resident.at(-1);
  const facts: Fact[] = resident
    ? [sizeFact(`${prefix}rss`, `resident set of pid ${one.pid} (${one.name})`, resident.rssBytes)]
    : [];
  for (const thread of one.threads) {
    const sample = thread.endedAtMs === undefined ? thread.samples.at(-1) : undefined;
    if (!sample) continue;
    const who = thread.threadId === 0 ? "main thread" : `worker ${thread.threadId}`;
    const at = thread.threadId === 0 ? prefix : `${prefix}worker${thread.threadId}.`;
    facts.push(
      sizeFact(`${at}heap_used`, `${who}: JavaScript heap in use, garbage included`, sample.heapUsedBytes),
      sizeFact(`${at}heap_limit`, `${who}: V8's heap limit`, thread.heapLimitBytes),
      sizeFact(`${at}array_buffers`, `${who}: ArrayBuffers and Buffers`, sample.arrayBuffersBytes),
      sizeFact(`${at}external`, `${who}: external memory that V8 accounts for, Buffers included`, sample.externalBytes),
    );
  }
  const known = one.threads
    .filter(({ endedAtMs }) => endedAtMs === undefined)
    .reduce(
      (sum, { samples }) => sum + (samples.at(-1)?.heapTotalBytes ?? 0) + (samples.at(-1)?.externalBytes ?? 0),
      0,
    );
  if (resident?.anonBytes !== undefined && known > 0) {
    facts.push(
      sizeFact(
        `${prefix}native`,
        "the rest of anonymous memory: native code, stacks, the allocator",
        Math.max(0, resident.anonBytes - known),
      ),
    );
  }
  if (resident?.fileBytes !== undefined)
    facts.push(sizeFact(`${prefix}files`, "pages of files: code and libraries", resident.fileBytes));
  return facts;
}

function limitFacts(pid: number, rssBytes: number): Fact[] {
  const tightest = tightestLimit(readLimits(pid));
  if (tightest?.bytes === undefined) return [{ id: "limit", says: "no memory limit applies to the process" }];
  const used = tightest.usedBytes ?? rssBytes;
  return [
    {
      id: "limit",
      says: `tightest limit: ${formatBytes(tightest.bytes)}, ${tightest.source}`,
      value: tightest.bytes,
      unit: "bytes",
    },
    {
      id: "headroom",
      says: `${formatBytes(Math.max(0, tightest.bytes - used))} left, ${percent(used / tightest.bytes)} used`,
      value: tightest.bytes - used,
      unit: "bytes",
    },
  ];
}

const summary = defineTool({
  name: "memory_summary",
  title: "Memory now",
  description:
    "How much memory a program uses now, of which kind, and how far its tightest limit is. With a watch: all of its processes and threads, kinds included. With a pid alone: sizes from outside.",
  effect: "reads",
  input: { watch: WATCH.optional(), pid: PID.optional() },
  run({ watch, pid }, { services }): Answer {
    if (watch === undefined) {
      if (pid === undefined) throw refuse("Neither a watch nor a pid was given.", "list_processes {} shows both.");
      const { name, resident } = readTarget(pid);
      const { rssBytes, anonBytes, fileBytes, swapBytes } = resident;
      return {
        summary: `${name} (pid ${pid}) has ${formatBytes(rssBytes)} resident.`,
        facts: [
          sizeFact("rss", "resident set", rssBytes),
          ...limitFacts(pid, rssBytes),
          ...(anonBytes === undefined
            ? []
            : [sizeFact("anonymous", "anonymous pages: heaps, stacks, buffers", anonBytes)]),
          ...(fileBytes === undefined ? [] : [sizeFact("files", "pages of files: code and libraries", fileBytes)]),
          ...(swapBytes === undefined || swapBytes === 0 ? [] : [sizeFact("swap", "swapped out", swapBytes)]),
        ],
        how: `/proc/${pid}/status and the cgroup files, read once, from outside.`,
        recheck: `grep -E "VmRSS|RssAnon" /proc/${pid}/status; plimsoll limits`,
        next: [`attach {"pid":${pid}} shows kinds and what grows`],
      };
    }
    const watched = services.watches.get(watch);
    const living = watched.processes;
    const rssBytes = living.reduce((sum, one) => sum + (one.resident.at(-1)?.rssBytes ?? 0), 0);
    const [first] = living;
    return {
      summary: `${watched.name} (${watch}) has ${formatBytes(rssBytes)} resident in ${living.length} ${living.length === 1 ? "process" : "processes"}, ${Math.round(watched.seconds)} s into the watch.`,
      facts: [
        {
          id: "at",
          says: `second ${watched.seconds.toFixed(1)} of the watch: use it as from or to of growth_between`,
          value: Number(watched.seconds.toFixed(1)),
          unit: "s",
        },
        ...(first ? limitFacts(first.pid, rssBytes) : []),
        ...living.flatMap((one, nth) => processFacts(one, nth === 0 ? "" : `pid${one.pid}.`)),
      ],
      how: "The newest samples: /proc from outside, V8's counters from inside, at most 0.5 s old. heap_used includes garbage: compare floors, not single readings.",
      recheck: `memory_summary {"watch":"${watch}"} again; plimsoll watch ${watched.pid} --attach`,
      next: [`diagnose_growth {"watch":"${watch}","waitSeconds":40}`],
    };
  },
});

const trend = defineTool({
  name: "trend",
  title: "Course of memory",
  description:
    "The course of a program's memory, from the history that outlives this server: lowest resident set and heap of up to 24 stretches, with the robust slope. Without arguments it lists the programs of the history.",
  effect: "reads",
  input: {
    watch: WATCH.optional(),
    program: z.string().max(200).optional().describe("Name as listed, such as node server.js: all of its processes."),
    minutes: z.number().min(0.1).max(10_080).default(60).describe("How far back."),
  },
  async run({ watch, program, minutes }, { services }): Promise<Answer> {
    await services.buffer.flush();
    const how = `One sample a second, kept for 7 days (${services.history.place.split(" ")[0]}); of each stretch the lowest counts, since garbage and bursts come on top. Slope: Theil-Sen.`;
    const watched = watch === undefined ? undefined : services.watches.get(watch);
    const name = watched?.findProcess(undefined).name ?? program;
    if (name === undefined) {
      const known = await services.history.programs();
      return {
        summary: `The history has samples of ${known.length} programs.`,
        facts: known.map((one, nth) => ({
          id: `program.${nth + 1}`,
          says: `${one.program}: ${one.samples} samples, ${new Date(one.firstMs).toISOString()} to ${new Date(one.lastMs).toISOString()}`,
        })),
        how,
        recheck: "trend {} again",
        next: known[0] ? [`trend {"program":"${known[0].program}"}`] : [],
      };
    }
    const toMs = Date.now();
    const pid = watched?.findProcess(undefined).pid;
    const query = { program: name, toMs, points: POINTS, ...(pid === undefined ? {} : { pid }) };
    let fromMs = Math.floor(toMs - minutes * 60_000);
    let points = await services.history.read({ ...query, fromMs });
    // Most of the time may be empty: the stretches are laid over what there is.
    for (let nth = 0; nth < MOST_ZOOMS && points.length > 0 && points.length < POINTS / 2; nth += 1) {
      fromMs = Math.max(fromMs, Math.floor((points[0]?.timeMs ?? fromMs) - (toMs - fromMs) / POINTS));
      points = await services.history.read({ ...query, fromMs });
    }
    const slope = theilSen(points.map(({ timeMs, rssBytes }) => ({ timeMs, bytes: rssBytes })));
    const isSure = slope !== undefined && Number.isFinite(slope.lowerBytesPerSecond);
    const says = isSure
      ? `${signed(slope.bytesPerSecond)}/s, 95 % between ${signed(slope.lowerBytesPerSecond)}/s and ${signed(slope.upperBytesPerSecond)}/s`
      : "needs some more stretches to tell";
    return {
      summary: `Resident set of ${name} over ${points.length} stretches: ${says}. A rise is no leak by itself: a warm-up rises too.`,
      facts: [
        ...(isSure
          ? [{ id: "slope", says: `resident set: ${says}`, value: Math.round(slope.bytesPerSecond), unit: "bytes/s" }]
          : []),
        ...points.map(({ timeMs, rssBytes, peakRssBytes, heapUsedBytes }, nth) => ({
          id: `point.${nth + 1}`,
          says: `${Math.round((timeMs - toMs) / 1000)} s: ${formatBytes(rssBytes)} (peak ${formatBytes(peakRssBytes)})${heapUsedBytes === undefined ? "" : `, heap ${formatBytes(heapUsedBytes)}`}`,
          value: rssBytes,
          unit: "bytes",
        })),
      ],
      how,
      recheck: `trend with the same arguments in a minute`,
      next: watched ? [`diagnose_growth {"watch":"${watched.id}"}`] : [],
    };
  },
});

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

const between = defineTool({
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

/** See the file's head. */
export const MEMORY: readonly Tool[] = [summary, trend, between];
