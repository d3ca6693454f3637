/** Where the preload gets to, on every Node line: threads, forks, grandchildren, each module system. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { availableNodes } from "../support/nodes.ts";
import { makeFiles, runWatched } from "./watched.ts";

const ALIVE = "setTimeout(() => {}, 400);";

describe.each(availableNodes())("on Node $version", ({ path: node, version }) => {
  it("greets from the main thread, a CommonJS file, and says who it is", async () => {
    using files = makeFiles({ "server.cjs": ALIVE });
    const { root, code } = await runWatched({ node, args: [join(files.path, "server.cjs"), "--password=x"] });
    expect(code).toBe(0);
    expect(root).toMatchObject({ observed: true, node: version, name: expect.stringMatching(/server\.cjs$/) });
    expect(root.threads).toHaveLength(1);
    expect(root.threads[0]?.samples.length).toBeGreaterThan(1);
    expect(root.threads[0]?.troubles).toEqual([]);
    expect(root.resident.length).toBeGreaterThan(1);
    expect(JSON.stringify(root)).not.toContain("password");
  });

  it("greets from an ES module, from -e and from a program whose path has spaces", async () => {
    using files = makeFiles({ "with space/main.mjs": `await import("node:fs"); ${ALIVE}` });
    const esm = await runWatched({ node, args: [join(files.path, "with space", "main.mjs")] });
    expect(esm.root).toMatchObject({ observed: true, name: expect.stringMatching(/main\.mjs$/) });
    const evaluated = await runWatched({ node, args: ["-e", `"secret"; ${ALIVE}`, "argument"] });
    expect(evaluated.root).toMatchObject({ observed: true, name: expect.stringMatching(/\[eval\]$/) });
    expect(JSON.stringify(evaluated.recording)).not.toContain("secret");
  });

  it("greets from workers, forks and grandchildren, also with execArgv cleared", async () => {
    using files = makeFiles({
      "tree.cjs": `
        const { Worker, isMainThread } = require("node:worker_threads");
        const { fork } = require("node:child_process");
        if (isMainThread && process.argv[2] === undefined) {
          new Worker(__filename, { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 64 } });
          fork(__filename, ["child"], { execArgv: [] });
        }
        if (process.argv[2] === "child") fork(__filename, ["grandchild"]);
        setTimeout(() => {}, 800);`,
    });
    const { recording, root } = await runWatched({ node, args: [join(files.path, "tree.cjs")] });
    expect(root.threads.map(({ threadId }) => threadId).sort((a, b) => a - b)).toEqual([0, 1]);
    expect(root.threads.find(({ threadId }) => threadId === 1)?.workerLimitBytes).toBe(64 * 2 ** 20);
    const [, child, grandchild] = recording.processes;
    expect(recording.processes).toHaveLength(3);
    expect(child).toMatchObject({ observed: true, parentPid: root.pid });
    expect(grandchild).toMatchObject({ observed: true, parentPid: child?.pid });
    for (const one of recording.processes) expect(one.endedAtMs).toBeDefined();
  });

  it("measures what it cannot enter, and says that a worker is unobserved", async () => {
    using files = makeFiles({
      "stripped.cjs": `
        const { Worker } = require("node:worker_threads");
        const { spawn } = require("node:child_process");
        new Worker("setTimeout(() => {}, 2800)", { eval: true, env: {} });
        spawn(process.execPath, ["-e", "setTimeout(() => {}, 2800)"], { env: {} });`,
    });
    const { recording, root } = await runWatched({ node, args: [join(files.path, "stripped.cjs")] });
    const child = recording.processes.find(({ observed }) => !observed);
    expect(child?.parentPid).toBe(root.pid);
    expect(child?.name).toContain("node");
    expect(child?.threads).toEqual([]);
    expect(child?.peakRssBytes).toBeGreaterThan(20e6);
    expect(root.threads[0]?.troubles).toEqual([expect.stringContaining("worker 1 is unobserved")]);
  });

  it("counts HTTP requests", async () => {
    using files = makeFiles({
      "http.cjs": `
        const http = require("node:http");
        const server = http.createServer((request, response) => response.end("x")).listen(0, "127.0.0.1", async () => {
          for (let index = 0; index < 7; index += 1)
            await new Promise((resolve) => http.get({ port: server.address().port, host: "127.0.0.1", agent: false }, (answer) => answer.resume().on("end", resolve)));
          server.close();
        });`,
    });
    const { root } = await runWatched({ node, args: [join(files.path, "http.cjs")] });
    expect(root.threads[0]?.samples.at(-1)?.requests).toBe(7);
  });
});

it("greets from TypeScript run by tsx, and names its lines", async () => {
  using files = makeFiles({
    "leak.ts": `interface Kept { index: number; items: number[] }
const kept: Kept[] = [];

function keep(index: number): void {
  kept.push({ index, items: new Array<number>(50).fill(index) });
}
const timer = setInterval(() => { for (let index = 0; index < 2000; index++) keep(index); }, 20);
setTimeout(() => clearInterval(timer), 1200);`,
    "package.json": `{ "type": "module" }`,
  });
  const tsx = join(import.meta.dirname, "../../node_modules/tsx/dist/cli.mjs");
  const { recording, code } = await runWatched({ args: [tsx, join(files.path, "leak.ts")] });
  expect(code).toBe(0);
  const sites = recording.processes
    .flatMap(({ threads }) => threads)
    .flatMap(({ profiles }) => profiles.at(-1)?.sites ?? []);
  const places = sites.filter(({ where }) => where.file === join(files.path, "leak.ts")).map(({ where }) => where);
  expect(places).toContainEqual(expect.objectContaining({ function: "keep", line: 4 }));
});
