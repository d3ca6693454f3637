/**
 * Recordings with their diagnoses, made by hand: every kind of report that a user may see, and the
 * hostile one. Deterministic: wobble comes from a sine, not from chance.
 */
import type {
  Diagnosis,
  Growth,
  ProcessDiagnosis,
  RuledOut,
  Verdict,
  VerdictKind,
} from "../../../src/diagnose/finding.ts";
import type { ProcessRecording, Recording, ThreadRecording } from "../../../src/monitor/remote/recording.ts";

export const MB = 2 ** 20;
export const START_MS = Date.UTC(2026, 10, 21, 8, 30);
export const CWD = "/srv/shop";

type Course = (seconds: number) => number;

export interface Sample {
  readonly recording: Recording;
  readonly diagnosis: Diagnosis;
}

interface ThreadCourse {
  readonly seconds: number;
  readonly threadId?: number;
  readonly startSeconds?: number;
  /** What lives. */
  readonly live: Course;
  readonly buffers?: Course;
  readonly external?: Course;
  readonly garbageBytes?: number;
  readonly everySeconds?: number;
  readonly requestsPerSecond?: number;
  /** Resident memory beside this thread's heap. Default: 38 MB. */
  readonly rest?: Course;
}

const wobble = (seconds: number, scale: number): number => Math.sin(seconds * 12.9898) * scale;

export function thread(course: ThreadCourse): ThreadRecording {
  const { seconds, live, startSeconds = 0 } = course;
  const step = course.everySeconds ?? 0.5;
  const garbage = course.garbageBytes ?? 14 * MB;
  const record: ThreadRecording = {
    threadId: course.threadId ?? 0,
    startedAtMs: START_MS + startSeconds * 1_000,
    heapLimitBytes: 2_096 * MB,
    ...(course.threadId === undefined ? {} : { workerLimitBytes: 512 * MB }),
    samples: [],
    majors: [],
    minorCount: Math.round(seconds * 3),
    gcPauseMs: seconds * 18,
    gcObservedMs: seconds * 1_000,
    profiles: [],
    troubles: [],
  };
  for (let s = startSeconds + Math.min(step, 0.3); s <= startSeconds + seconds; s += step) {
    const used = live(s) + garbage * ((s * 0.37) % 1) + wobble(s, 0.2 * MB);
    const heapTotal = Math.max(used * 1.12, live(s) + garbage);
    const buffers = course.buffers?.(s) ?? 0.3 * MB;
    const external = course.external?.(s) ?? 1.6 * MB;
    record.samples.push({
      timeMs: START_MS + Math.round(s * 1_000),
      rssBytes: Math.round(heapTotal * 0.97 + buffers + external + (course.rest?.(s) ?? 38 * MB)),
      heapUsedBytes: Math.round(used),
      heapTotalBytes: Math.round(heapTotal),
      externalBytes: Math.round(buffers + external),
      arrayBuffersBytes: Math.round(buffers),
      mallocedBytes: 300_000,
      requests: Math.round((course.requestsPerSecond ?? 0) * s),
      cpuMs: Math.round(s * 400),
      ownCpuMs: Math.round(s * 0.4),
    });
  }
  for (
    let s = startSeconds + 3, gap = 3;
    s < startSeconds + seconds;
    s += gap, gap = Math.min(gap * 1.25, seconds / 14 + 3)
  ) {
    record.majors.push({
      timeMs: START_MS + Math.round(s * 1_000),
      usedBytes: Math.round(live(s) + wobble(s, 0.3 * MB)),
      externalBytes: 2 * MB,
      pauseMs: 20,
      forced: true,
    });
  }
  return record;
}

export function processOf(
  pid: number,
  name: string,
  threads: ThreadRecording[],
  options: Partial<ProcessRecording> = {},
): ProcessRecording {
  const resident = (threads[0]?.samples ?? []).map(({ timeMs, rssBytes }) => ({
    timeMs: timeMs + 90,
    rssBytes,
    anonBytes: rssBytes - 30 * MB,
    fileBytes: 30 * MB,
  }));
  return {
    pid,
    parentPid: 4_000,
    name,
    node: "22.23.3",
    observed: true,
    startedAtMs: START_MS,
    peakRssBytes: Math.max(0, ...resident.map(({ rssBytes }) => rssBytes)),
    resident,
    threads,
    ...options,
  };
}

export function recordingOf(processes: ProcessRecording[], options: Partial<Recording> = {}): Recording {
  const last = Math.max(START_MS, ...processes.map((entry) => entry.resident.at(-1)?.timeMs ?? START_MS));
  return {
    schema: "plimsoll.recording/1",
    command: processes[0]?.name ?? "node server.js",
    startedAtMs: START_MS,
    endedAtMs: last,
    limit: { bytes: 512 * MB, source: "cgroup v2 /sys/fs/cgroup/shop (memory.max)" },
    processes,
    exit: { code: 0, signal: null },
    own: { cpuMs: 840, rssBytes: 61 * MB, inTargetCpuMs: 95 },
    ...options,
  };
}

export function verdictOf(kind: VerdictKind, sentence: string, options: Partial<Verdict> = {}): Verdict {
  return {
    kind,
    leak: false,
    confidence: 0.9,
    sentence,
    evidence: [],
    ruledOut: [],
    next: [],
    wouldChange: "",
    ...options,
  };
}

export function diagnosisOf(processes: ProcessDiagnosis[], options: Partial<Diagnosis> = {}): Diagnosis {
  const [first] = processes;
  if (!first) throw new Error("a diagnosis needs a process");
  return { verdict: first.verdict, growth: first.growth, processes, ...options };
}

function judged(
  pid: number,
  name: string,
  verdict: Verdict,
  growth: readonly Growth[] = [],
  thread?: number,
): ProcessDiagnosis {
  return { pid, name, observed: true, verdict, growth, ...(thread === undefined ? {} : { thread }) };
}

const RULED_OUT: readonly RuledOut[] = [
  { kind: "buffers", why: "Buffers stay flat: 0.3 MB at the start, 0.3 MB at the end" },
  { kind: "external", why: "External memory outside of ArrayBuffers stays flat at 1.6 MB" },
  { kind: "gc-slack", why: "a forced collection freed 14 MB, the rest is alive" },
  { kind: "plateau", why: "the last third grew at 98% of the middle third's rate" },
];

export const HANDLER_GROWTH: Growth = {
  what: "objects allocated in createSession",
  kind: "js-heap",
  bytesPerSecond: 1.74 * MB,
  bytes: 71 * MB,
  count: 41_210,
  bytesPerRequest: 3_790,
  where: { file: `${CWD}/src/session/store.ts`, line: 14, function: "createSession" },
  callers: [
    { function: "onRequest", file: `${CWD}/src/server.ts`, line: 31, column: 3 },
    { function: "preHandlerCallback", file: `${CWD}/node_modules/fastify/lib/handleRequest.js`, line: 148, column: 9 },
  ],
};

const LEAK = verdictOf(
  "js-heap",
  "JavaScript objects grow by 1.74 MB/s after every collection and do not level off: a leak",
  {
    leak: true,
    confidence: 0.97,
    evidence: [
      "JavaScript objects went from 9.1 MB to 80 MB, over 11 floors (memory left right after a collection; all were forced for this)",
      "the rise is steady: Mann-Kendall z = 4.1, Theil-Sen 1.74 MB/s, the last third at 98% of the middle third's rate",
      "createSession (src/session/store.ts:14) allocated the largest part of what was born and kept within 22 s (inlining was off, so every function is billed for itself)",
      "481 HTTP requests/s were served: 3.7 KB stay for each",
    ],
    ruledOut: RULED_OUT,
    next: [
      "Look at createSession (src/session/store.ts:14), called from onRequest (src/server.ts:31): follow the objects made there to the collection, listener or timer that keeps them.",
      "Bound it: delete entries when they are done with, or evict the oldest above a size.",
    ],
    wouldChange:
      "A level that stays where it is for a quarter of the time: a cache that is still filling looks the same. 42 s were judged; longer is surer.",
  },
);

export function leak(): Sample {
  const main = thread({ seconds: 42, live: (s) => (8 + 1.74 * s) * MB, requestsPerSecond: 481 });
  return {
    recording: recordingOf([processOf(4_121, "node server.js", [main])], {
      limit: { bytes: 256 * MB, source: "cgroup v2 /sys/fs/cgroup/shop (memory.max)" },
    }),
    diagnosis: diagnosisOf([
      judged(4_121, "node server.js", LEAK, [
        HANDLER_GROWTH,
        {
          what: "objects allocated in parseCookies",
          kind: "js-heap",
          bytesPerSecond: 0.21 * MB,
          bytes: 8.8 * MB,
          count: 5_050,
          where: {
            file: `${CWD}/src/session/cookies.ts`,
            line: 3,
            function: "parseCookies",
            inlinedInto: "parseCookies",
          },
        },
      ]),
    ]),
  };
}

export function plateau(): Sample {
  const main = thread({
    seconds: 90,
    live: (s) => (9 + 96 * (1 - Math.exp(-s / 14))) * MB,
    buffers: (s) => (2 + 44 * (1 - Math.exp(-s / 11))) * MB,
  });
  const verdict = verdictOf(
    "plateau",
    "JavaScript objects rose by 96 MB and have stayed there for 41 s: a cache that is full, or warm-up",
    {
      confidence: 0.91,
      evidence: ["JavaScript objects went from 9 MB to 105 MB, and have not moved by more than noise in the last 41 s"],
      ruledOut: [
        { kind: "js-heap", why: "the last third grew at 2% of the middle third's rate" },
        { kind: "gc-slack", why: "a forced collection freed 14 MB only" },
      ],
      next: ["If this is a cache, check that its size is what you meant it to be."],
      wouldChange: "A level that rises again and goes on rising.",
    },
  );
  return {
    recording: recordingOf([processOf(812, "node api.js", [main])]),
    diagnosis: diagnosisOf([judged(812, "node api.js", verdict)]),
  };
}

export function undetermined(): Sample {
  const main = thread({ seconds: 9, live: (s) => (8 + 1.1 * s) * MB });
  const verdict = verdictOf(
    "undetermined",
    "Memory rises, but not long or steadily enough to judge: it ended after 9 s, and about 14 s more were needed",
    {
      confidence: 0,
      evidence: [
        "JavaScript objects went from 8.4 MB to 17.5 MB over 2 floors",
        "2 major collections were seen in 9 s",
      ],
      next: ["Run it for longer, under its usual load."],
      wouldChange: "About 14 s more of the same load.",
    },
  );
  const recording = recordingOf([processOf(77, "node import.js", [main])], {
    limit: { bytes: 16_384 * MB, source: "the machine's memory" },
    exit: { code: 3, signal: null },
  });
  return { recording, diagnosis: diagnosisOf([judged(77, "node import.js", verdict)]) };
}

export function manyProcesses(count = 20): Sample {
  const quiet = verdictOf("healthy", "Nothing grows: after collections the heap stays at 21 MB", {
    evidence: ["JavaScript objects stay at 21 MB"],
    ruledOut: RULED_OUT.slice(0, 2),
  });
  const processes: ProcessRecording[] = [];
  const verdicts: ProcessDiagnosis[] = [];
  const main = thread({
    seconds: 300,
    live: (s) => (30 + wobble(s / 90, 2)) * MB,
    rest: (s) => (120 + 0.3 * s) * MB,
  });
  const workers = [1, 2, 3].map((threadId) =>
    thread({
      seconds: 280,
      startSeconds: 12,
      threadId,
      live: (s) => (threadId === 2 ? 12 + 0.28 * s : 14) * MB,
      rest: (s) => (170 + (threadId === 2 ? 0 : 0.28 * s)) * MB,
    }),
  );
  processes.push(processOf(900, "node build.js", [main, ...workers]));
  const workerLeak = verdictOf(
    "js-heap",
    "In worker 2, JavaScript objects grow by 287 KB/s after every collection and do not level off: a leak",
    {
      leak: true,
      confidence: 0.93,
      evidence: ["JavaScript objects in worker 2 went from 15 MB to 92 MB, over 14 floors"],
      ruledOut: RULED_OUT,
      next: ["Look at transform (src/plugins/svg.ts:40): follow the objects made there to what keeps them."],
      wouldChange: "A level that stays where it is.",
    },
  );
  const growth: Growth = {
    ...HANDLER_GROWTH,
    what: "objects allocated in transform",
    bytesPerSecond: 287 * 1_024,
    bytes: 77 * MB,
    where: { file: `${CWD}/src/plugins/svg.ts`, line: 40, function: "transform" },
  };
  verdicts.push(
    judged(900, "node build.js", workerLeak, [growth], 2),
    judged(900, "node build.js", quiet),
    judged(900, "node build.js", quiet, [], 1),
  );
  for (let i = 1; i < count; i++) {
    const outside = i % 6 === 5;
    const child = thread({ seconds: 120 + i * 8, live: (s) => (16 + i + wobble(s, 1)) * MB });
    const entry = processOf(900 + i, outside ? "sharp-cli" : `node job-${i}.js`, [child], {
      parentPid: 900,
      endedAtMs: START_MS + (121 + i * 8) * 1_000,
    });
    if (outside) {
      delete entry.node;
      entry.observed = false;
      entry.threads = [];
    } else {
      verdicts.push(judged(entry.pid, entry.name, quiet));
    }
    processes.push(entry);
  }
  const recording = recordingOf(processes, {
    limit: { bytes: 4_096 * MB, source: "cgroup v2 /sys/fs/cgroup/ci (memory.max)" },
  });
  return { recording, diagnosis: diagnosisOf(verdicts) };
}

export function empty(): Sample {
  const recording = recordingOf(
    [
      processOf(5, "node hello.js", [], {
        observed: false,
        endedAtMs: START_MS + 200,
        peakRssBytes: 41 * MB,
        resident: [],
      }),
    ],
    { endedAtMs: START_MS + 200, limit: { bytes: null, source: "neither a cgroup nor ulimit sets one" } },
  );
  const verdict = verdictOf("undetermined", "Nothing was seen of the program yet: needs about 20 s", {
    confidence: 0,
    next: ["Let it run on, under its usual load."],
    wouldChange: "Readings from the program.",
  });
  return { recording, diagnosis: diagnosisOf([{ ...judged(5, "node hello.js", verdict), observed: false }]) };
}

export function week(): Sample {
  const days = 7 * 86_400;
  const main = thread({
    seconds: days,
    everySeconds: 120,
    live: (s) => (40 + s / 6_000) * MB,
    garbageBytes: 60 * MB,
    requestsPerSecond: 120,
  });
  const verdict = verdictOf(
    "js-heap",
    "JavaScript objects grow by 614 KB/h after every collection and do not level off: a leak",
    {
      leak: true,
      confidence: 0.99,
      evidence: ["JavaScript objects went from 40 MB to 141 MB, over 1,240 floors"],
      ruledOut: RULED_OUT,
      next: ["Look at remember (src/cache.js:88)."],
      wouldChange: "A day without growth.",
    },
  );
  const growth: Growth = {
    what: "objects allocated in remember",
    kind: "js-heap",
    bytesPerSecond: MB / 6_000,
    bytes: 101 * MB,
    count: 0,
    where: { file: `${CWD}/src/cache.js`, line: 88, function: "remember", inlinedInto: "remember" },
  };
  return {
    recording: recordingOf([processOf(31, "node gateway.js", [main])], { exit: { code: null, signal: "SIGTERM" } }),
    diagnosis: diagnosisOf([judged(31, "node gateway.js", verdict, [growth])]),
  };
}

export function healthy(): Sample {
  const main = thread({ seconds: 60, live: () => 21 * MB, requestsPerSecond: 900 });
  const verdict = verdictOf("healthy", "Nothing grows: after collections the heap stays at 21 MB", {
    confidence: 0.95,
    evidence: ["JavaScript objects stay at 21 MB over 12 floors"],
    ruledOut: RULED_OUT.slice(0, 2),
    wouldChange: "Growth under another load.",
  });
  return {
    recording: recordingOf([processOf(9, "node server.js", [main])]),
    diagnosis: diagnosisOf([judged(9, "node server.js", verdict)]),
  };
}

export function slack(): Sample {
  const main = thread({ seconds: 80, live: () => 40 * MB, garbageBytes: 420 * MB });
  const verdict = verdictOf(
    "gc-slack",
    "420 MB of the heap are garbage that V8 has had no reason to collect: not a leak",
    {
      confidence: 0.88,
      evidence: ["a forced collection freed 420 MB"],
      next: ["Cap the heap: node --max-old-space-size=128 saves about 300 MB."],
      wouldChange: "A floor that rises.",
    },
  );
  return {
    recording: recordingOf([processOf(9, "node worker.js", [main])], { limit: { bytes: null, source: "none" } }),
    diagnosis: diagnosisOf([judged(9, "node worker.js", verdict)]),
  };
}

/** Killed at the limit, and still running: the parent's journal was read after its own death. */
export function killed(): Sample {
  const sample = leak();
  const main = thread({ seconds: 115, live: (s) => (8 + 1.74 * s) * MB, requestsPerSecond: 481 });
  const recording = recordingOf([processOf(4_121, "node server.js", [main])], {
    limit: { bytes: 270 * MB, source: "cgroup v2 /sys/fs/cgroup/shop (memory.max)" },
    exit: { code: null, signal: "SIGKILL" },
  });
  return { recording, diagnosis: sample.diagnosis };
}

export function unseenEnd(): Sample {
  const { recording, diagnosis } = leak();
  const { exit: _, endedAtMs: __, ...rest } = recording;
  return { recording: rest, diagnosis: { ...diagnosis, secondsToLimit: 68 } };
}

/** A program that owns values of two libraries, in its main thread and in a worker; one of them grows. */
export function owning(): Sample {
  const { recording, diagnosis } = leak();
  const place = (name: string, live: number, line: number, bytes?: number) => ({
    name,
    where: { function: `make${line}`, file: `${CWD}/src/model.ts`, line, column: 3 },
    live,
    ...(bytes === undefined ? {} : { bytes }),
    sinceMs: START_MS + 2_000,
  });
  const reading = (seconds: number, live: number, bytes: number) => ({
    timeMs: START_MS + seconds * 1_000,
    totals: [
      { name: "jax-js", live, created: live + 100, bytes },
      { name: "cursor", live: 0, created: 1_200 },
    ],
    places: [place("jax-js", 0.9 * live, 42, 0.9 * bytes), place("jax-js", 0.1 * live, 77, 0.1 * bytes)],
  });
  const [process] = recording.processes;
  const [main] = process?.threads ?? [];
  if (!process || !main) throw new Error("a leak has a main thread");
  main.ledger = [reading(1, 400, 2 * MB), reading(41, 16_000, 8.4 * MB)];
  const worker = thread({ seconds: 42, threadId: 3, live: () => 6 * MB });
  worker.ledger = [{ timeMs: START_MS + 9_000, totals: [{ name: "tfjs", live: 12, created: 12 }], places: [] }];
  process.threads.push(worker);
  const owned = (growth: readonly Growth[]): Growth[] =>
    growth.map((one, index) => (index > 0 ? one : { ...one, holder: "16,000 living jax-js values, not released" }));
  return {
    recording,
    diagnosis: {
      ...diagnosis,
      growth: owned(diagnosis.growth),
      processes: diagnosis.processes.map((one) => ({ ...one, growth: owned(one.growth) })),
    },
  };
}

/** Names as an attacker, or a minifier, would choose them. */
export const EVIL = `</script><img src=x onerror=alert(1)>\u001b[31m\u202e\`|*_[x](javascript:alert(1))@everyone\n::error::pwned`;

export function hostile(): Sample {
  const main = thread({ seconds: 40, live: (s) => (8 + s) * MB });
  main.troubles.push(EVIL);
  const where = { function: EVIL, file: EVIL, line: 1, column: 1 };
  main.ledger = [
    {
      timeMs: START_MS + 39_000,
      totals: [{ name: EVIL, live: 5, created: 5 }],
      places: [{ name: EVIL, where, live: 5, sinceMs: START_MS }],
    },
  ];
  const verdict = verdictOf("js-heap", `Growth in ${EVIL}`, {
    leak: true,
    evidence: [EVIL],
    ruledOut: [{ kind: "buffers", why: EVIL }],
    next: [EVIL, `\`${EVIL}\``],
    wouldChange: EVIL,
  });
  const growth: Growth = {
    what: EVIL,
    kind: "js-heap",
    bytesPerSecond: MB,
    bytes: 40 * MB,
    count: 3,
    where: { file: EVIL, line: 1, function: EVIL, inlinedInto: EVIL },
    callers: [{ function: EVIL, file: `data:text/javascript;base64,${"QUJD".repeat(1_000)}`, line: 1, column: 1 }],
    holder: EVIL,
  };
  const recording = recordingOf([processOf(66, EVIL, [main])], {
    command: EVIL,
    limit: { bytes: 512 * MB, source: EVIL },
  });
  return { recording, diagnosis: diagnosisOf([judged(66, EVIL, verdict, [growth])]) };
}

export const samples: Readonly<Record<string, () => Sample>> = {
  leak,
  plateau,
  undetermined,
  manyProcesses,
  empty,
  week,
  healthy,
  slack,
  killed,
  unseenEnd,
  owning,
  hostile,
};
