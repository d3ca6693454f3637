/** What grows, whether it is a leak, from which code, and under which limit. */
import { setTimeout as sleep } from "node:timers/promises";
import { buildReport, diagnose, type Diagnosis } from "plimsoll/diagnose";
import { adviseLimit, type ProcessRecording, readLimits, tightestLimit } from "plimsoll/diagnose/remote";
import { formatBytes } from "plimsoll/monitor";
import { z } from "zod";
import type { Answer, Fact } from "../answer/answer.ts";
import { refuse } from "../answer/refuse.ts";
import { percent, signed } from "../answer/sizes.ts";
import { defineTool, type Tool } from "../server/tool.ts";
import { Places } from "../watch/places.ts";
import { readTarget } from "../watch/target.ts";
import type { WatchedProgram } from "../watch/watched-program.ts";
import { PID, WATCH } from "./watching.ts";

const LOOK_MS = 1_000;
const SITES = 60;
const CALLERS = 3;

function judge(watched: WatchedProgram): Diagnosis {
  return diagnose(watched.remote.recording, { nowMs: Date.now(), ended: !watched.isAlive });
}

/** Until there is a verdict on something that grows, or the time is over. */
async function waitForVerdict(
  watched: WatchedProgram,
  seconds: number,
  signal: AbortSignal,
  tell: (done: number, words: string) => void,
): Promise<Diagnosis> {
  const began = performance.now();
  for (;;) {
    const found = judge(watched);
    const passed = (performance.now() - began) / 1000;
    if (found.verdict.leak || passed >= seconds || !watched.isAlive) return found;
    tell(passed, found.verdict.sentence);
    await sleep(LOOK_MS, undefined, { signal });
  }
}

/** How it ended, where it has. */
function endFacts(watched: WatchedProgram, found: Diagnosis): Fact[] {
  if (watched.isAlive) return [];
  return [{ id: "end", says: buildReport(watched.remote.recording, found).exit.cause }];
}

function verdictFacts({ verdict, growth, processes, secondsToLimit }: Diagnosis, places: Places): Fact[] {
  const facts: Fact[] = [
    {
      id: "verdict",
      says: `${verdict.kind}${verdict.leak ? ", a leak" : ", no leak"}; confidence ${percent(verdict.confidence)}`,
      value: verdict.confidence,
      unit: "ratio",
    },
  ];
  for (const [nth, { what, bytesPerSecond, where, holder, bytesPerRequest }] of growth.slice(0, 6).entries()) {
    const request = bytesPerRequest === undefined ? "" : `, ${formatBytes(bytesPerRequest)} a request`;
    const place = where
      ? `; allocated in ${places.name(where)}${where.inlinedInto === undefined ? "" : ", or inlined into it"}`
      : "";
    const held = holder === undefined ? "" : `; held by ${holder}`;
    facts.push({
      id: `growth.${nth + 1}`,
      says: `${what}: ${signed(bytesPerSecond)}/s${request}${place}${held}`,
      value: Math.round(bytesPerSecond),
      unit: "bytes/s",
    });
  }
  const [top] = growth;
  if (top?.callers && top.callers.length > 0) {
    facts.push({
      id: "callers.1",
      says: `called by ${top.callers
        .slice(0, CALLERS)
        .map((one) => places.name(one))
        .join(" < ")}`,
    });
  }
  if (secondsToLimit !== undefined) {
    facts.push({
      id: "to_limit",
      says: `at this rate the limit is reached in ${Math.round(secondsToLimit)} s`,
      value: Math.round(secondsToLimit),
      unit: "s",
    });
  }
  facts.push(...verdict.evidence.map((says, nth) => ({ id: `evidence.${nth + 1}`, says })));
  facts.push({ id: "would_change", says: `would change the verdict: ${verdict.wouldChange}` });
  for (const one of processes.length > 1 ? processes : []) {
    const thread = one.thread === undefined ? "" : ` worker ${one.thread}`;
    facts.push({
      id: `of.${one.pid}${one.thread === undefined ? "" : `.${one.thread}`}`,
      says: `${one.name}${thread}: ${one.verdict.kind}${one.verdict.leak ? ", a leak" : ""}`,
    });
  }
  facts.push(...verdict.ruledOut.map(({ kind, why }) => ({ id: `not.${kind}`, says: `not ${kind}: ${why}` })));
  return facts;
}

function nextSteps(watch: string, { verdict: { kind, leak, next } }: Diagnosis): string[] {
  if (kind === "js-heap" || kind === "buffers" || kind === "external" || kind === "compiled-code") {
    return [
      `allocation_hot_spots {"watch":"${watch}"} for who allocates`,
      `Who keeps it: capture_heap {"watch":"${watch}","confirm":true} three times at even distances under load, then compare_heaps`,
      ...next,
    ];
  }
  if (kind === "native" || kind === "allocator-retained" || kind === "mappings")
    return [`native_heap {"watch":"${watch}"} now and again in 20 s`, ...next];
  if (kind === "workers") return [`allocation_hot_spots {"watch":"${watch}"} shows every thread`, ...next];
  if (kind === "undetermined" && !leak)
    return [`diagnose_growth {"watch":"${watch}","waitSeconds":40} under load`, ...next];
  return [...next];
}

const growth = defineTool({
  name: "diagnose_growth",
  title: "Is it a leak, and of which kind?",
  description:
    "Judges what was seen of a watch: the kind of memory that grows, whether it is a leak, evidence, code that allocates, what was ruled out. With waitSeconds it waits until a leak is sure, at most so long (a verdict needs about 20 s).",
  effect: "reads",
  input: { watch: WATCH, waitSeconds: z.number().min(0).max(300).default(0) },
  async run({ watch, waitSeconds }, { services, signal, progress }): Promise<Answer> {
    const watched = services.watches.get(watch);
    const found = await waitForVerdict(watched, waitSeconds, signal, (done, words) =>
      progress(done, waitSeconds, words),
    );
    const { startedAtMs, processes } = watched.remote.recording;
    const forced = processes.flatMap(({ threads }) =>
      threads.flatMap(({ majors }) => majors.filter((one) => one.forced)),
    ).length;
    return {
      summary: found.verdict.sentence,
      facts: [...endFacts(watched, found), ...verdictFacts(found, new Places(watched.pid))],
      how: `Watched for ${Math.round((Date.now() - startedAtMs) / 1000)} s, ${forced} forced collections. Floors after collections are judged, by Mann-Kendall and Theil-Sen; see docs/diagnose.md. A profile names who allocates, not who keeps.`,
      recheck: `diagnose_growth {"watch":"${watch}","waitSeconds":30}; plimsoll watch ${watched.pid} --attach --for 60s`,
      next: nextSteps(watch, found),
    };
  },
});

function hotSpots(one: ProcessRecording, places: Places): Fact[] {
  return one.threads.flatMap((thread) => {
    const last = thread.profiles.at(-1);
    if (!last) return [];
    const who = thread.threadId === 0 ? `pid ${one.pid}` : `worker ${thread.threadId} of pid ${one.pid}`;
    return last.sites.map(({ where, callers, bytes, count, viaNodeBytes }) => {
      const via = viaNodeBytes > bytes / 2 ? ", most of it through Node's own functions (Buffers, streams)" : "";
      const from =
        callers.length === 0
          ? ""
          : ` < ${callers
              .slice(0, 2)
              .map((caller) => places.name(caller))
              .join(" < ")}`;
      return {
        id: thread.threadId === 0 ? "site" : `worker${thread.threadId}.site`,
        says: `${formatBytes(bytes)} alive in about ${Math.round(count)} objects, allocated in ${places.name(where)}${from}${via} (${who})`,
        value: Math.round(bytes),
        unit: "bytes",
      };
    });
  });
}

const spots = defineTool({
  name: "allocation_hot_spots",
  title: "Which functions allocate what lives",
  description:
    "The functions whose allocations are still alive, by V8's sampling profile, of every thread. It names who allocates, never who keeps. Profiles are taken once memory has grown for some seconds.",
  effect: "reads",
  input: { watch: WATCH, pid: PID.optional() },
  run({ watch, pid }, { services }): Answer {
    const watched = services.watches.get(watch);
    const { processes } = watched.remote.recording;
    const chosen = pid === undefined ? processes : [watched.findProcess(pid)];
    const places = new Places(watched.pid);
    const found = chosen
      .flatMap((one) => hotSpots(one, places))
      .toSorted((a, b) => (b.value ?? 0) - (a.value ?? 0))
      .slice(0, SITES);
    const newest = chosen
      .flatMap(({ threads }) => threads.map(({ profiles }) => profiles.at(-1)))
      .findLast((one) => one !== undefined);
    const age = newest
      ? `The newest was read ${Math.round((Date.now() - newest.timeMs) / 1000)} s ago and samples one allocation in ${formatBytes(newest.samplingIntervalBytes)}`
      : "None was taken yet";
    return {
      summary: found[0]
        ? `Most that lives was allocated here: ${found[0].says}.`
        : `No profile yet: ${watched.outsideOnly ?? "memory has not grown for long enough"}.`,
      facts: found.map((fact, nth) => ({ ...fact, id: `${fact.id}.${nth + 1}` })),
      how: `V8's sampling heap profiler, read right after a forced collection. ${age}${newest?.precise === true ? ", inlining off" : ""}. Lines are where functions start.`,
      recheck: `growth_between {"watch":"${watch}"} lists the same by growth`,
      next: found[0]
        ? [
            found[0].id.startsWith("worker")
              ? "A snapshot is of the main thread alone: follow what this function makes to the collection that keeps it"
              : `capture_heap {"watch":"${watch}"} tells who keeps them`,
          ]
        : [`diagnose_growth {"watch":"${watch}","waitSeconds":40}`],
    };
  },
});

const limits = defineTool({
  name: "limits",
  title: "Memory limits, and the flags that fit",
  description:
    "Every memory limit of a process (cgroups, ulimit, machine; V8's with a watch), the tightest one, and the V8 flags that fit under it or under a given size.",
  effect: "reads",
  input: {
    watch: WATCH.optional(),
    pid: PID.optional(),
    sizeMb: z.number().min(64).max(16_000_000).optional().describe("Plan for a limit of so many MB instead."),
  },
  run({ watch, pid, sizeMb }, { services }): Answer {
    const watched = watch === undefined ? undefined : services.watches.get(watch);
    const target = watched?.findProcess(pid).pid ?? pid;
    if (target === undefined && sizeMb === undefined)
      throw refuse("Neither a watch, a pid nor a size was given.", 'limits {"sizeMb":512}');
    if (target !== undefined) readTarget(target);
    const readings = target === undefined ? [] : readLimits(target);
    const tightest = tightestLimit(readings);
    const bytes = sizeMb === undefined ? tightest?.bytes : sizeMb * 2 ** 20;
    const advice = bytes === undefined ? undefined : adviseLimit(bytes);
    const heap = watched?.remote.recording.processes.find((one) => one.pid === target)?.threads ?? [];
    return {
      summary:
        tightest?.bytes === undefined
          ? advice
            ? `For ${formatBytes(bytes ?? 0)}: ${advice.flags.join(" ")}`
            : "No memory limit applies."
          : `The tightest limit is ${formatBytes(tightest.bytes)} (${tightest.source}).`,
      facts: [
        ...(advice
          ? [
              { id: "flags", says: `V8 flags that fit ${formatBytes(bytes ?? 0)}: ${advice.flags.join(" ")}` },
              { id: "arithmetic", says: advice.why },
            ]
          : []),
        ...heap.map(({ threadId, heapLimitBytes, workerLimitBytes }) => ({
          id: `v8_heap.${threadId}`,
          says: `V8 heap limit of ${threadId === 0 ? "the main thread" : `worker ${threadId}`}: ${formatBytes(workerLimitBytes ?? heapLimitBytes)}`,
          value: workerLimitBytes ?? heapLimitBytes,
          unit: "bytes",
        })),
        ...readings.map(({ bytes: limit, source, usedBytes }, nth) => ({
          id: `limit.${nth + 1}`,
          says: `${limit === undefined ? "none" : formatBytes(limit)}: ${source}${usedBytes === undefined ? "" : `, ${formatBytes(usedBytes)} in use`}`,
          ...(limit === undefined ? {} : { value: limit, unit: "bytes" }),
        })),
      ],
      how: "Read anew from the cgroup files, /proc and V8. The V8 heap must be full before the container is: a full heap ends with a stack (134), a full container with SIGKILL (137).",
      recheck: sizeMb === undefined ? "plimsoll limits" : `plimsoll limits ${sizeMb}mb`,
      next:
        advice && (sizeMb !== undefined || tightest?.kind !== "machine")
          ? [`NODE_OPTIONS="${advice.flags.join(" ")}"`]
          : [],
    };
  },
});

/** See the file's head. */
export const DIAGNOSIS: readonly Tool[] = [growth, spots, limits];
