/** What is read of native memory, and what experiments show, on real programs on every Node line. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { ExperimentName } from "../../src/base/wire.ts";
import type { ExperimentResult, ProcessRecording } from "../../src/monitor/remote/recording.ts";
import type { RemoteWatch } from "../../src/monitor/remote/remote-watch.ts";
import { availableNodes } from "../support/nodes.ts";
import { converse } from "./conversation.ts";
import { makeFiles, type Program, runWatched } from "./watched.ts";

const MB = 2 ** 20;
const IDLE = `setInterval(() => {}, 1000); console.log("ready");`;

/** Runs a program, tries things on it one after the other, and kills it. */
async function tryOut(
  program: Omit<Program, "onReady">,
  names: readonly ExperimentName[],
  timeoutMs = 20_000,
): Promise<{ root: ProcessRecording; results: ExperimentResult[]; inTargetRssBytes: number }> {
  const results: ExperimentResult[] = [];
  const work = async (watch: RemoteWatch, pid: number): Promise<void> => {
    for (let tries = 0; tries < 500 && !watch.recording.processes[0]?.observed; tries += 1) await sleep(10);
    for (const name of names) results.push(await watch.experiment(pid, name, timeoutMs));
    process.kill(pid, "SIGKILL");
  };
  const { root, recording } = await runWatched({ ...program, onReady: (watch, pid) => void work(watch, pid) });
  return { root, results, inTargetRssBytes: recording.own.inTargetRssBytes ?? 0 };
}

describe.each(availableNodes())("on Node $version", ({ path: node }) => {
  it("collects garbage, releases what WeakRefs held, and trims, each measured", async () => {
    using files = makeFiles({
      "garbage.cjs": `let held = [];
        for (let index = 0; index < 2000; index++) held.push(Buffer.alloc(40000, 1));
        globalThis.kept = held[0];
        held = undefined;
        ${IDLE}`,
    });
    const program = { node, args: [join(files.path, "garbage.cjs")], allowProfiles: false };
    const { root, results } = await tryOut(program, ["collect", "turn", "trim"]);
    const [collect, turn, trim] = results;
    expect(results.map(({ outcome }) => outcome)).toEqual(["done", "done", "done"]);
    expect(root.experiments).toEqual(results);
    // V8 may have collected some before.
    expect(collect?.after?.arrayBuffersBytes).toBeLessThan(2 * MB);
    expect(collect?.pauseMs).toBeGreaterThan(0);
    expect(turn?.collected?.heapUsedBytes).toBeGreaterThan(0);
    // malloc returns the top of its heap by itself; the rest comes back now.
    expect(trim?.after?.rssBytes).toBeLessThanOrEqual(trim?.before?.rssBytes ?? 0);
    expect(trim?.after?.rssBytes).toBeLessThan(100 * MB);
    expect(trim?.before?.allocatorUsedBytes).toBeGreaterThan(MB);
  });

  it("gets no answer from a turn that never ends, and knows since when", async () => {
    using files = makeFiles({
      "loop.cjs": `console.log("ready");
        (async () => { await new Promise((resolve) => setTimeout(resolve, 1000)); for (;;) await undefined; })();`,
    });
    const results: ExperimentResult[] = [];
    const work = async (watch: RemoteWatch, pid: number): Promise<void> => {
      const thread = () => watch.recording.processes[0]?.threads[0];
      for (let tries = 0; tries < 1500 && thread()?.silentSinceMs === undefined; tries += 1) await sleep(10);
      results.push(await watch.experiment(pid, "turn", 300));
      process.kill(pid, "SIGKILL");
    };
    const args = [join(files.path, "loop.cjs")];
    const { root } = await runWatched({ node, args, onReady: (watch, pid) => void work(watch, pid) });
    expect(results).toMatchObject([{ name: "turn", outcome: "no-answer", threadId: 0 }]);
    const [thread] = root.threads;
    expect(thread?.silentSinceMs).toBeGreaterThan(thread?.startedAtMs ?? 0);
    expect(thread?.silentSinceMs).toBeGreaterThanOrEqual(thread?.samples.at(-1)?.timeMs ?? Infinity);
    // It computes on while it is silent, which the system's own account shows.
    const silentSinceMs = thread?.silentSinceMs ?? Infinity;
    const silent = root.resident.filter(({ timeMs }) => timeMs >= silentSinceMs);
    expect(silent.at(-1)?.cpuMs).toBeGreaterThan(silent[0]?.cpuMs ?? Infinity);
  });

  it("tells how long a turn lasted that has ended", async () => {
    using files = makeFiles({
      "turn.cjs": `setTimeout(() => {
        const until = Date.now() + 700;
        while (Date.now() < until);
        setTimeout(() => {}, 400);
      }, 300);`,
    });
    const { root } = await runWatched({ node, args: [join(files.path, "turn.cjs")] });
    expect(root.threads[0]?.longestTurnMs).toBeGreaterThan(550);
    expect(root.threads[0]?.silentSinceMs).toBeUndefined();
  });

  it("asks glibc when memory grows that V8 does not count, and reads regions then", async () => {
    using files = makeFiles({
      "grow.cjs": `const { createHash } = require("node:crypto");
        globalThis.kept = [];
        // What OpenSSL keeps for each is no external memory to V8.
        setInterval(() => { for (let index = 0; index < 1500; index++) kept.push(createHash("sha512")); }, 100);
        setTimeout(() => process.exit(0), 11_000);`,
    });
    const { root, recording } = await runWatched({ node, args: [join(files.path, "grow.cjs")] });
    expect(root.allocatorAbsence).toBeUndefined();
    const last = root.allocator?.at(-1);
    expect(last?.usedBytes).toBeGreaterThan(20 * MB);
    expect(last?.rssBytes).toBeGreaterThan(last?.usedBytes ?? Infinity);
    expect(recording.own.inTargetRssBytes).toBeGreaterThan(0.3 * MB);
    const regions = root.regions?.at(-1);
    expect(regions?.kinds["v8-page"]?.count).toBeGreaterThan(10);
    expect(regions?.kinds.brk?.rssBytes).toBeGreaterThan(MB);
    expect(regions?.filesRssBytes.program).toBeGreaterThan(20 * MB);
    expect(Object.values(regions?.threadNames ?? {}).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(4);
    // koffi is there only because it was asked: it is no module of the program's.
    expect(root.modules).toEqual([]);
    const heap = root.threads[0]?.heap?.at(-1);
    expect(heap?.spaces.map(({ name }) => name)).toContain("code_space");
    expect(heap).toMatchObject({ nativeContexts: 1, detachedContexts: 0 });
    expect(root.threads[0]?.heap?.find(({ code }) => code)?.code?.codeBytes).toBeGreaterThan(10_000);
  });

  it("counts workers, and refuses what may take too long", async () => {
    using files = makeFiles({
      "workers.cjs": `const { Worker } = require("node:worker_threads");
        const code = "setInterval(() => {}, 1000)";
        new Worker(code, { eval: true });
        new Worker(code, { eval: true, env: {} });
        globalThis.kept = Array.from({ length: 1e6 }, (_, id) => ({ id }));
        setTimeout(() => { ${IDLE} }, 500);`,
    });
    const results: ExperimentResult[] = [];
    const work = async (watch: RemoteWatch, pid: number): Promise<void> => {
      results.push(await watch.experiment(pid, "collect", 5000, { maxPauseMs: 1 }));
      results.push(await watch.experiment(pid, "collect", 5000, { threadId: 7 }));
      results.push(await watch.experiment(pid, "collect", 20_000, { threadId: 1 }));
      process.kill(pid, "SIGKILL");
    };
    const { root } = await runWatched({
      node,
      args: [join(files.path, "workers.cjs")],
      onReady: (watch, pid) => void work(watch, pid),
    });
    expect(root.workers).toEqual({ started: 2, observed: 1, unobserved: 1 });
    expect(results.map(({ outcome }) => outcome)).toEqual(["refused", "refused", "done"]);
    expect(results[0]?.reason).toContain("may stop the thread for");
    expect(results[1]?.reason).toContain("no preload answers from thread 7");
    expect(results[2]?.threadId).toBe(1);
  });

  it("samples as before once inlining is on again", async () => {
    using files = makeFiles({
      "handler.cjs": `const store = globalThis.store = [];
function makeSession(id) { return { id, data: [id, id, id, id, id, id, id, id] }; }
function remember(id) { const one = makeSession(id); store.push(one); return one; }
setInterval(() => { for (let id = 0; id < 3000; id++) remember(id); }, 10);`,
    });
    await converse({ node, args: [join(files.path, "handler.cjs")] }, async (main) => {
      main.ask({ type: "precise", samplingIntervalBytes: 16 << 10 });
      await sleep(200);
      main.ask({ type: "profile" });
      const precise = await main.next("profile");
      main.ask({ type: "relax", samplingIntervalBytes: 64 << 10, forgetsCode: true });
      await sleep(400);
      main.ask({ type: "profile" });
      const relaxed = await main.next("profile");
      expect(precise).toMatchObject({ precise: true, samplingIntervalBytes: 16 << 10 });
      expect(relaxed).toMatchObject({ precise: false, samplingIntervalBytes: 64 << 10 });
      expect(relaxed.sinceMs).toBeGreaterThan(precise.timeMs);
      expect(relaxed.totalBytes).toBeGreaterThan(0);
    });
  });
});
