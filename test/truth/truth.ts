/**
 * Programs whose memory behaviour is known, with the answer that a diagnosis must give.
 */
import type { VerdictKind } from "../../src/diagnose/finding.ts";

/** A program with a known answer. */
export interface Truth {
  readonly name: string;
  /** File in this folder. */
  readonly program: string;
  /** Node's own arguments. */
  readonly nodeArguments?: readonly string[];
  /** Verdicts that are right, the best first. */
  readonly kinds: readonly VerdictKind[];
  readonly leak: boolean;
  /** The function that allocates what leaks, where a sampling profile can know it. */
  readonly function?: string;
  /** The function that it may name by luck: a sampling profile seldom meets what is few and large. */
  readonly mayName?: string;
  /** Its nearest caller, where it has no name of its own. */
  readonly caller?: string;
  /** The line on which it starts. */
  readonly line?: number;
  /** True where HTTP requests are served, so that growth per request must be given. */
  readonly perRequest?: boolean;
  /** True where nothing tells it from a leak until it ends. */
  readonly isOpenUntilEnd?: boolean;
  /** Left out of `npm test`, which must not take too long. */
  readonly isForBench?: boolean;
  /** Asks glibc from the start on, as `--native` does. */
  readonly native?: boolean;
  /** How long it runs. */
  readonly seconds: number;
  /** When the verdict must be right at the latest, and stay so. */
  readonly rightWithinSeconds: number;
}

const FAST = { leak: true, seconds: 27, rightWithinSeconds: 20 } as const;
const OUTSIDE = { leak: true, seconds: 30, rightWithinSeconds: 30 } as const;
/** Readings of the regions grow apart, and an isolate that nobody counts needs several of them: seen right after 29 s. */
const UNCOUNTED = { leak: true, seconds: 50, rightWithinSeconds: 30 } as const;
const HEALTHY = { leak: false, seconds: 40, rightWithinSeconds: 40 } as const;
const HEALTHY_OUTSIDE = { leak: false, seconds: 30, rightWithinSeconds: 30 } as const;

/** Leaks. */
export const leaking: readonly Truth[] = [
  {
    name: "slow leak of 0.3 MB/s",
    program: "slow.mjs",
    kinds: ["js-heap"],
    leak: true,
    function: "trackEvent",
    line: 6,
    seconds: 60,
    rightWithinSeconds: 60,
  },
  {
    ...FAST,
    name: "Map of sessions",
    program: "session-map.mjs",
    kinds: ["js-heap"],
    function: "(anonymous)",
    caller: "createSession",
    line: 12,
  },
  {
    ...FAST,
    name: "closures in listeners",
    isForBench: true,
    program: "listener-closures.cjs",
    kinds: ["js-heap"],
    function: "onConnection",
    line: 8,
  },
  {
    ...FAST,
    name: "log in an array",
    isForBench: true,
    program: "log-array.mjs",
    kinds: ["js-heap"],
    function: "record",
    line: 7,
  },
  {
    ...FAST,
    name: "promise chain",
    isForBench: true,
    program: "promise-chain.mjs",
    kinds: ["js-heap"],
    function: "enqueue",
    line: 9,
  },
  {
    ...FAST,
    name: "timers never cleared",
    isForBench: true,
    program: "timers.cjs",
    kinds: ["js-heap"],
    function: "watchVisitor",
    line: 4,
  },
  {
    ...FAST,
    name: "cache by URL under load",
    program: "url-cache.mjs",
    kinds: ["js-heap"],
    function: "(anonymous)",
    caller: "renderPage",
    line: 9,
    perRequest: true,
  },
  {
    leak: true,
    seconds: 75,
    rightWithinSeconds: 75,
    name: "leak beneath batches that come and go",
    isForBench: true,
    program: "under-garbage.mjs",
    kinds: ["js-heap"],
    function: "(anonymous)",
    caller: "subscribe",
    line: 8,
  },
  {
    ...FAST,
    name: "TypeScript with a source map",
    program: "typed-leak.ts",
    nodeArguments: ["--import", "tsx"],
    kinds: ["js-heap"],
    function: "storeMeasurement",
    line: 11,
  },
  {
    ...FAST,
    name: "heap of a worker",
    isForBench: true,
    program: "worker-heap.mjs",
    kinds: ["workers"],
    function: "(anonymous)",
    caller: "keepResult",
    line: 8,
  },
  {
    ...FAST,
    name: "small Buffers",
    program: "small-buffers.mjs",
    kinds: ["buffers"],
    function: "receiveFrame",
    line: 6,
  },
  {
    ...FAST,
    name: "large Buffers",
    isForBench: true,
    program: "large-buffers.cjs",
    kinds: ["buffers"],
    mayName: "storeUpload",
  },
  { ...FAST, name: "external strings", program: "external-strings.mjs", kinds: ["external"], mayName: "readDocument" },
  { ...OUTSIDE, name: "small native blocks", program: "native-small.mjs", kinds: ["native"] },
  { ...OUTSIDE, name: "large native blocks", isForBench: true, program: "native-large.mjs", kinds: ["native"] },
  { ...OUTSIDE, name: "native blocks of threads", isForBench: true, program: "native-threads.mjs", kinds: ["native"] },
  { ...OUTSIDE, name: "mappings by the thousand", program: "guarded-mappings.mjs", kinds: ["mappings"] },
  { ...OUTSIDE, name: "direct mappings", isForBench: true, program: "direct-mappings.mjs", kinds: ["mappings"] },
  {
    ...UNCOUNTED,
    name: "heap of a worker that does not answer",
    program: "blocked-worker.mjs",
    kinds: ["workers"],
  },
  {
    ...UNCOUNTED,
    name: "heap of a worker without a preload",
    isForBench: true,
    program: "stray-worker.mjs",
    kinds: ["workers"],
  },
  {
    name: "WeakRefs in a turn that never ends",
    program: "weakref-loop.mjs",
    // Nobody in it answers: that the main thread fills its heap is all that shows.
    kinds: ["weakref-held", "js-heap"],
    leak: true,
    seconds: 50,
    rightWithinSeconds: 45,
  },
  { ...OUTSIDE, name: "ever more workers", program: "many-workers.mjs", kinds: ["workers"] },
  { ...OUTSIDE, name: "ever more WebAssembly memories", program: "wasm-memories.mjs", kinds: ["wasm"] },
  {
    ...OUTSIDE,
    name: "a WebAssembly memory that grows",
    program: "wasm-growing.mjs",
    kinds: ["wasm"],
    isForBench: true,
  },
  {
    ...OUTSIDE,
    name: "contexts",
    program: "vm-contexts.mjs",
    kinds: ["compiled-code"],
    function: "openSandbox",
    line: 7,
  },
  {
    name: "modules under ever new names",
    program: "generated-modules.cjs",
    kinds: ["compiled-code"],
    leak: true,
    seconds: 27,
    rightWithinSeconds: 20,
    mayName: "loadPlugin",
    isForBench: true,
  },
  {
    name: "generated code",
    program: "generated-code.mjs",
    kinds: ["compiled-code"],
    leak: true,
    seconds: 40,
    rightWithinSeconds: 30,
    mayName: "compileTemplate",
    isForBench: true,
  },
];

/** Programs that do not leak, however their memory moves. */
export const healthy: readonly Truth[] = [
  { ...HEALTHY, name: "idle", program: "idle.mjs", kinds: ["healthy"] },
  {
    ...HEALTHY,
    name: "steady server under load",
    program: "steady-server.mjs",
    kinds: ["healthy", "plateau", "gc-slack"],
  },
  { ...HEALTHY, name: "batches that come and go", program: "cyclic.mjs", kinds: ["healthy", "gc-slack"] },
  { ...HEALTHY, name: "cache with a bound", program: "lru-cache.mjs", kinds: ["plateau"] },
  { ...HEALTHY, name: "cache with a lifetime", isForBench: true, program: "ttl-cache.mjs", kinds: ["plateau"] },
  { ...HEALTHY, name: "one-time step", isForBench: true, program: "step.mjs", kinds: ["plateau"] },
  { ...HEALTHY, name: "warm-up of a large library", program: "warm-up.mjs", kinds: ["healthy", "plateau"] },
  {
    ...HEALTHY,
    name: "large young generation",
    isForBench: true,
    program: "lazy-collection.mjs",
    nodeArguments: ["--min-semi-space-size=64", "--max-semi-space-size=64"],
    kinds: ["gc-slack"],
  },
  { ...HEALTHY, name: "garbage in the old generation", program: "promoted-garbage.mjs", kinds: ["gc-slack"] },
  {
    ...HEALTHY,
    name: "Buffers that come and go",
    program: "buffer-churn.mjs",
    kinds: ["healthy", "gc-slack", "plateau"],
  },
  { ...HEALTHY, name: "pool of Buffers that fills", isForBench: true, program: "buffer-pool.mjs", kinds: ["plateau"] },
  {
    ...HEALTHY,
    name: "job that lets go at its end",
    program: "job.mjs",
    kinds: ["undetermined"],
    isOpenUntilEnd: true,
    seconds: 30,
  },
  {
    ...HEALTHY_OUTSIDE,
    name: "native blocks with a bound",
    program: "native-cache.mjs",
    kinds: ["healthy", "plateau"],
  },
  {
    ...HEALTHY_OUTSIDE,
    name: "native blocks that are freed",
    program: "native-churn.mjs",
    kinds: ["healthy", "plateau"],
    isForBench: true,
  },
  { ...HEALTHY_OUTSIDE, name: "fragmentation", program: "fragmentation.mjs", kinds: ["allocator-retained"] },
  {
    ...HEALTHY_OUTSIDE,
    name: "arenas of threads",
    isForBench: true,
    program: "thread-arenas.mjs",
    kinds: ["allocator-retained"],
  },
  {
    ...HEALTHY_OUTSIDE,
    name: "compression streams that are dropped",
    isForBench: true,
    program: "zlib-streams.mjs",
    kinds: ["allocator-retained", "gc-slack", "healthy", "plateau", "undetermined"],
    native: true,
  },
  {
    ...HEALTHY_OUTSIDE,
    name: "mappings that are given back",
    program: "mapping-churn.mjs",
    kinds: ["healthy", "plateau"],
    isForBench: true,
  },
  { ...HEALTHY_OUTSIDE, name: "pages of a mapped file", program: "mapped-files.mjs", kinds: ["mapped-files"] },
  {
    ...HEALTHY_OUTSIDE,
    name: "workers that end",
    program: "passing-workers.mjs",
    kinds: ["healthy", "plateau", "gc-slack"],
    isForBench: true,
  },
  {
    ...HEALTHY_OUTSIDE,
    name: "pool of workers",
    isForBench: true,
    program: "worker-pool.mjs",
    kinds: ["healthy", "plateau", "gc-slack"],
  },
  {
    ...HEALTHY_OUTSIDE,
    name: "high-water mark of WebAssembly",
    program: "wasm-high-water.mjs",
    kinds: ["wasm", "plateau"],
  },
  {
    ...HEALTHY_OUTSIDE,
    name: "contexts that are dropped",
    program: "passing-contexts.mjs",
    kinds: ["healthy", "plateau", "gc-slack"],
    isForBench: true,
  },
  {
    ...HEALTHY_OUTSIDE,
    name: "WeakRefs with turns that end",
    program: "weakref-turns.mjs",
    kinds: ["healthy", "plateau", "gc-slack"],
    isForBench: true,
  },
  {
    ...HEALTHY_OUTSIDE,
    name: "computation without an end",
    isForBench: true,
    program: "busy-loop.mjs",
    kinds: ["healthy", "plateau", "undetermined"],
  },
];

/** All of them, the longest first; `npm test` leaves out those for the benchmark. */
export const truths: readonly Truth[] = [...leaking, ...healthy].toSorted((a, b) => b.seconds - a.seconds);
