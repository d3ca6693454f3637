/** How much memory there is now, and how it went. */
import { type ProcessRecording, readLimits, tightestLimit } from "plimsoll/diagnose/remote";
import { formatBytes, theilSen } from "plimsoll/monitor";
import { z } from "zod";
import type { Answer, Fact } from "../answer/answer.ts";
import { refuse } from "../answer/refuse.ts";
import { percent, signed, sizeFact } from "../answer/sizes.ts";
import { defineTool, type Tool } from "../server/tool.ts";
import { readTarget } from "../watch/target.ts";
import { GROWTH_BETWEEN } from "./growth-between.ts";
import { PID, WATCH } from "./watching.ts";

const POINTS = 24;
const MOST_ZOOMS = 4;

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
    // Of one that has ended it says so.
    if (living.length === 0) watched.findProcess(undefined);
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
    const one = watched && (watched.isAlive ? watched.findProcess(undefined) : watched.remote.recording.processes[0]);
    const name = one?.name ?? program;
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
    const pid = one?.pid;
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

/** See the file's head. */
export const MEMORY: readonly Tool[] = [summary, trend, GROWTH_BETWEEN];
