/**
 * One program under one way of sampling allocations: `node inlining-case.cjs <workload> <mode> [intervalKB]`.
 * Works in two halves; on "suspicion" the mode acts between them, on "relax" it acts, works as long, and takes
 * it back. Prints CPU time of the second half, the pause of acting, and which function the profile of the
 * second half bills most.
 */
const { Session } = require("node:inspector");
const v8 = require("node:v8");

const [workload = "", mode = "", kilobytes = "64"] = process.argv.slice(2);
const FLAGS = ["--no-turbo-inlining", "--no-maglev-inlining"];
const kept = (globalThis.kept = []);
const ring = (globalThis.ring = new Array(1024));

class Entry {
  constructor(id) {
    this.id = id;
    this.cells = [id, id, id, id, id, id, id, id];
  }
}
const makeEntry = (id) => new Entry(id);
const remember = (id) => {
  const entry = makeEntry(id);
  kept.push(entry);
  return entry;
};
async function handler(id) {
  const entry = remember(id);
  if (id % 100 === 0) await undefined;
  return entry.id;
}

const text = "GET /items/42?sort=asc HTTP/1.1 host: example.org accept: text/html ".repeat(20);
const document = { list: Array.from({ length: 300 }, (_, id) => ({ id, name: `name ${id}`, tags: ["a", "b"] })) };

/** Each is one unit of work. `right` is the function that allocates most of what is kept. */
const WORKLOADS = {
  handler: {
    units: 150,
    right: "Entry",
    run: async (unit) => {
      for (let id = 0; id < 1000; id++) await handler(unit * 1000 + id);
    },
  },
  // Never leave the loop: V8 allocates them only where it does not inline.
  garbage: {
    units: 1600,
    run: () => {
      let sum = 0;
      for (let id = 0; id < 20000; id++) sum += makeEntry(id).cells.length;
      return sum;
    },
  },
  // Alive for a moment, so that they are really allocated.
  churn: {
    units: 400,
    run: () => {
      for (let id = 0; id < 20000; id++) ring[id & 1023] = makeEntry(id);
      return ring.length;
    },
  },
  json: {
    units: 1500,
    run: () =>
      JSON.parse(JSON.stringify(document))
        .list.map((one) => one.name)
        .join().length,
  },
  regex: {
    units: 2500,
    run: () => [...text.matchAll(/(\w+)=(\w+)|\/(\w+)/g)].map(([all]) => all.toUpperCase()).join("").length,
  },
  numbers: {
    units: 150,
    run: () => {
      const size = 200_000;
      const sieve = new Uint8Array(size);
      let found = 0;
      for (let n = 2; n < size; n++) {
        if (sieve[n]) continue;
        found += 1;
        for (let m = n * 2; m < size; m += n) sieve[m] = 1;
      }
      return found;
    },
  },
};

const session = new Session();
session.connect();
function post(method, params = {}) {
  let answer;
  session.post(method, params, (error, result) => {
    if (error) throw error;
    answer = result;
  });
  return answer;
}

function forgetOptimized() {
  post("Profiler.enable");
  post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  post("Profiler.stopPreciseCoverage");
  post("Profiler.disable");
}

async function act(work) {
  if (mode === "none") return;
  if (mode === "suspicion" || mode === "relax") {
    for (const flag of FLAGS) v8.setFlagsFromString(flag);
    forgetOptimized();
  }
  if (mode === "relax") {
    await work();
    for (const flag of FLAGS) v8.setFlagsFromString(flag.replace("--no-", "--"));
    forgetOptimized();
  }
  post("HeapProfiler.stopSampling");
  const finer = mode === "finer" ? 4 : mode === "suspicion" ? 16 : Number(kilobytes);
  post("HeapProfiler.startSampling", { samplingInterval: finer << 10 });
}

function billedMost() {
  if (mode === "none") return undefined;
  const bytes = new Map();
  const visit = (node, above) => {
    const own = node.callFrame.url.endsWith("inlining-case.cjs") ? node.callFrame.functionName : above;
    bytes.set(own, (bytes.get(own) ?? 0) + node.selfSize);
    for (const child of node.children) visit(child, own);
  };
  visit(post("HeapProfiler.getSamplingProfile").profile.head, "");
  return [...bytes].sort((a, b) => b[1] - a[1])[0]?.[0];
}

void (async () => {
  const { units, right, run } = WORKLOADS[workload];
  if (mode === "start") for (const flag of FLAGS) v8.setFlagsFromString(flag);
  if (mode !== "none") post("HeapProfiler.startSampling", { samplingInterval: Number(kilobytes) << 10 });
  for (let unit = 0; unit < units; unit++) await run(unit);
  const began = process.hrtime.bigint();
  await act(async () => {
    for (let unit = 0; unit < units; unit++) await run(unit);
    kept.length = 0;
  });
  const pauseMs = Number(process.hrtime.bigint() - began) / 1e6;
  const before = process.cpuUsage();
  for (let unit = 0; unit < units; unit++) await run(units + unit);
  const { user, system } = process.cpuUsage(before);
  const billed = right === undefined ? undefined : billedMost();
  const isRight = billed === undefined ? undefined : billed === right;
  console.log(JSON.stringify({ cpuMs: (user + system) / 1000, pauseMs, billed, isRight }));
})();
