/** A watched program behaves as the bare one: output, exit code, life span, environment of its children. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { availableNodes } from "../support/nodes.ts";
import { type Ended, makeFiles, type Program, runBare, runWatched } from "./watched.ts";

const SPEAK = `
  console.log("to stdout", { a: 1 });
  console.error("to stderr");
  process.stdout.write(Buffer.from([0, 1, 2, 255, 10]));`;

/** What must not differ. */
function outcome({ code, signal, stdout, stderr }: Ended): object {
  return { code, signal, stdout, stderr: stderr.replaceAll(/\(node:\d+\)/g, "(node)") };
}

async function expectSame(program: Program): Promise<Ended> {
  const [bare, watched] = [await runBare(program), await runWatched(program)];
  expect(outcome(watched)).toEqual(outcome(bare));
  expect(watched.root.observed).toBe(true);
  return watched;
}

describe.each(availableNodes())("on Node $version", ({ path: node }) => {
  const programs: Readonly<Record<string, string>> = {
    "ends by itself": SPEAK,
    "exits in the middle with 3": `${SPEAK} setInterval(() => {}, 1000); setTimeout(() => process.exit(3), 50);`,
    "sets process.exitCode": `${SPEAK} process.exitCode = 7; process.on("exit", (code) => console.log("exit", code));`,
    throws: `${SPEAK} setTimeout(() => { throw new Error("boom"); }, 50);`,
    rejects: `${SPEAK} setTimeout(() => Promise.reject(new Error("boom")), 50);`,
    "kills itself": `${SPEAK} process.kill(process.pid, "SIGKILL"); setTimeout(() => {}, 1000);`,
    "aborts by SIGTERM": `${SPEAK} process.kill(process.pid, "SIGTERM"); setTimeout(() => {}, 1000);`,
    "shows what it sees of itself": `setImmediate(() => console.log(process.execArgv, process.argv.length, typeof process.send, process.channel,
      typeof globalThis.gc, process.getActiveResourcesInfo(), process.listenerCount("uncaughtException"),
      process.listenerCount("SIGTERM"), process.listenerCount("beforeExit"), process.listenerCount("warning"),
      Object.keys(require.cache).length, Object.keys(process).length, require.main === module, module.parent));`,
    "warns of its own": `process.emitWarning("mine"); new (require("events"))().setMaxListeners(0);`,
  };
  it.each(Object.entries(programs))("%s", async (_, text) => {
    using files = makeFiles({ "program.cjs": text });
    await expectSame({ node, args: [join(files.path, "program.cjs")] });
  });

  it("keeps the user's NODE_OPTIONS, with a path that has spaces, quotes and backslashes", async () => {
    using files = makeFiles({
      'a "b\\c/first.cjs': `globalThis.first = true;`,
      "program.cjs": `
      console.log(globalThis.first, require("node:v8").getHeapStatistics().heap_size_limit);
      require("node:child_process").execFileSync(process.execPath, ["-p", "globalThis.first"], { stdio: "inherit" });`,
    });
    const first = join(files.path, 'a "b\\c', "first.cjs").replaceAll(/["\\]/g, String.raw`\$&`);
    const directory = join(files.path, 'a "b\\c');
    const NODE_OPTIONS = `--max-old-space-size=300 --require "${first}"`;
    const args = [join(files.path, "program.cjs")];
    const ended = await expectSame({ node, args, env: { NODE_OPTIONS } });
    expect(ended.stdout).toMatch(/^true \d+\ntrue\n$/);
    const { root } = await runWatched({ node, args, env: { NODE_OPTIONS }, directory });
    expect(root.observed).toBe(true);
    expect(root.threads[0]?.heapLimitBytes).toBeLessThan(600e6);
  });

  it("tells everything of a program that never gives way to the event loop", async () => {
    using files = makeFiles({
      "sync.cjs": `
      function keep(index) { return { index, text: [index, index, index] }; }
      const kept = (globalThis.kept = []);
      globalThis.keep = keep;
      const until = Date.now() + 900;
      while (Date.now() < until) for (let index = 0; index < 100; index += 1) if (kept.length < 300000) kept.push(keep(index));
      console.log("done");`,
    });
    const { root, stdout } = await runWatched({ node, args: [join(files.path, "sync.cjs")] });
    expect(stdout).toBe("done\n");
    const [thread] = root.threads;
    expect(thread?.samples.length).toBeGreaterThanOrEqual(2);
    expect(thread?.minorCount).toBeGreaterThan(0);
    expect(thread?.gcObservedMs).toBeGreaterThan(500);
    expect(thread?.endedAtMs).toBeDefined();
    const last = thread?.profiles.at(-1);
    expect(last?.totalBytes).toBeGreaterThan(5e6);
    expect(last?.sites[0]?.where.file).toBe(join(files.path, "sync.cjs"));
    expect(thread?.majors.at(-1)).toMatchObject({ forced: true });
  });

  it("holds no console arguments, though an inspector session is open", async () => {
    using files = makeFiles({
      "console.cjs": `
      let freed = 0;
      const registry = globalThis.registry = new FinalizationRegistry(() => (freed += 1));
      for (let index = 0; index < 500; index += 1) { const one = { index }; registry.register(one); console.debug(one); }
      setTimeout(() => require("node:v8").setFlagsFromString("--expose-gc"), 400);
      setTimeout(() => require("node:vm").runInNewContext("gc")(), 500);
      setTimeout(() => console.error(freed), 700);`,
    });
    const { stderr } = await runWatched({ node, args: [join(files.path, "console.cjs")] });
    expect(Number(stderr)).toBeGreaterThan(490);
  });

  it("goes on unharmed when the watcher vanishes, and leaves no traces to its children", async () => {
    using files = makeFiles({
      "survivor.cjs": `
      console.log("ready");
      setTimeout(() => {
        console.log(process.env.NODE_OPTIONS, process.env.PLIMSOLL_SOCKET);
        console.log(require("node:child_process").execFileSync(process.execPath, ["-p", "1 + 1"]).toString());
        process.exitCode = 4;
      }, 500);`,
    });
    const bare = { node, args: [join(files.path, "survivor.cjs")], env: { NODE_OPTIONS: "--no-deprecation" } };
    const watched = await runWatched({ ...bare, directory: files.path, onReady: (watch) => void watch.close() });
    expect(outcome(watched)).toEqual(outcome(await runBare(bare)));
  });

  it("lets children start whose inherited environment names the preload, although the watcher has closed", async () => {
    using files = makeFiles({
      "parent.cjs": `
      const env = { ...process.env };
      console.log("ready");
      setTimeout(() => {
        const child = require("node:child_process").spawnSync(process.execPath, ["-p", "'child'"], { env });
        console.log(child.status, String(child.stdout), String(child.stderr));
      }, 500);`,
    });
    const program = { node, args: [join(files.path, "parent.cjs")], directory: files.path };
    const { stdout } = await runWatched({ ...program, onReady: (watch) => void watch.close() });
    expect(stdout).toContain("0 child\n");
  });
});

it("removes its directory when nothing of the run is left", async () => {
  using files = makeFiles({});
  await runWatched({ args: ["-e", "0"], directory: files.path });
  expect(readdirSync(files.path)).toEqual([]);
});

it("fails as Node does when even the private copy is removed under a running program", async () => {
  using files = makeFiles({
    "parent.cjs": `
    console.log("ready");
    setTimeout(() => {
      const child = require("node:child_process").spawnSync(process.execPath, ["-p", "1"]);
      console.log(child.status, /MODULE_NOT_FOUND/.test(String(child.stderr)));
    }, 300);`,
  });
  const { stdout } = await runWatched({
    args: [join(files.path, "parent.cjs")],
    directory: files.path,
    onReady: () => {
      for (const name of readdirSync(files.path)) {
        if (name.startsWith("plimsoll-")) rmSync(join(files.path, name, "preload"), { recursive: true });
      }
    },
  });
  expect(stdout).toContain("1 true");
});
