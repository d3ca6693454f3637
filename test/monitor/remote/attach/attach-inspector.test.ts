/** Entering programs that run already, on every Node line: what is seen, what is left behind, and who refuses. */
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { get } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { makeFiles } from "../../../preload/watched.ts";
import { availableNodes } from "../../../support/nodes.ts";
import { expectAttached, expectRefusal, Program, until, visit } from "./program.ts";

const NAME = "uv__signal_tree";
const IDLE = "console.log('ready'); setInterval(() => {}, 1000);";
const SERVER = `
  const server = require("node:http").createServer((request, response) => response.end("hello"));
  server.listen(0, "127.0.0.1", () => console.log("ready", server.address().port));`;

function ask(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => (text += chunk.toString()));
      response.on("end", () => resolve(text));
    }).on("error", reject);
  });
}

describe.each(availableNodes())("on Node $version", ({ path: node, version }) => {
  it("enters a server, records it as one of ours, and leaves nothing behind", async () => {
    using program = await Program.start(node, ["-e", SERVER]);
    const port = Number(program.stdout.split(" ")[1]);
    const said = program.stdout;
    for (let round = 0; round < 2; round += 1) {
      await using here = await visit(program.pid);
      expect(expectAttached(here.outcome)).toMatchObject({ pid: program.pid, node: version, wasOpen: false });
      expect(program.ports).toEqual([port]);
      expect(await ask(port)).toBe("hello");
      await until(() => (here.root.threads[0]?.samples.at(-1)?.requests ?? 0) > 0);
      // The second time nothing is left of the first.
      if (round === 0) await until(() => (here.root.threads[0]?.profiles.length ?? 0) > 0);
      expect(here.root).toMatchObject({ pid: program.pid, observed: true, node: version, parentPid: process.pid });
      await until(() => here.root.resident.length > 1);
      expect(here.root.threads[0]?.troubles).toEqual([]);
    }
    expect(await ask(port)).toBe("hello");
    expect(program.stdout).toBe(said);
    expect(program.ownWords).toBe("");
    expect(program.isRunning).toBe(true);
  });

  it("enters an ES module, whose children are left alone unless asked for", async () => {
    using files = makeFiles({
      "main.mjs": `
        import { spawn } from "node:child_process";
        console.log("ready");
        process.on("SIGUSR2", () => {
          const child = spawn(process.execPath, ["-p", "process.env.NODE_OPTIONS"], { stdio: ["ignore", "pipe", "inherit"] });
          child.stdout.on("data", (chunk) => console.log("child", String(chunk)));
        });
        setInterval(() => {}, 1000);`,
    });
    using program = await Program.start(node, [join(files.path, "main.mjs")]);
    for (const isInherited of [false, true]) {
      await using here = await visit(program.pid, {}, isInherited);
      expectAttached(here.outcome);
      const before = program.stdout.length;
      program.child.kill("SIGUSR2");
      await until(() => program.stdout.slice(before).includes("child"));
      expect(program.stdout.slice(before).includes("--require")).toBe(isInherited);
      if (isInherited)
        await until(() => here.watch.recording.processes.some(({ parentPid }) => parentPid === program.pid));
    }
    expect(program.ownWords).toBe("");
  });

  it("reaches workers that run, of their own too, those that start later, and ones that never yield or else says so", async () => {
    const code = `
      const { Worker } = require("node:worker_threads");
      const IDLE = "setInterval(() => {}, 1000)";
      const nest = \`new (require("node:worker_threads").Worker)("\${IDLE}", { eval: true }); \${IDLE}\`;
      new Worker(nest, { eval: true }).once("online", () => setTimeout(() => console.log("ready"), 300));
      process.on("SIGUSR2", () => {
        new Worker(IDLE, { eval: true, env: {}, stdin: true });
        new Worker("for (;;) {}", { eval: true });
        for (let n = 0; n < 10; n += 1) new Worker("1", { eval: true }).once("exit", () => console.log("gone"));
      });`;
    using program = await Program.start(node, ["-e", code]);
    await using here = await visit(program.pid);
    expectAttached(here.outcome);
    const living = (): number => here.root.threads.filter(({ endedAtMs }) => endedAtMs === undefined).length;
    await until(() => living() === 3);
    program.child.kill("SIGUSR2");
    // Rarely the endless one starts to run between two steps of ours: then it is said to be missing, never left out in silence.
    const isToldUnobserved = (): boolean =>
      here.root.threads[0]?.troubles.some((trouble) => trouble.startsWith("worker 4 is unobserved")) === true;
    await until(() => living() === 5 || (living() === 4 && isToldUnobserved()));
    await until(() => program.stdout.split("gone").length === 11);
    expect(program.ownWords).toBe("");
    expect(program.isRunning).toBe(true);
  });

  it("enters a loop that never ends, and closes the port that opens once more at its end", async () => {
    const code = `console.log("ready"); const end = Date.now() + 4000; while (Date.now() < end); console.log("free"); ${IDLE}`;
    using program = await Program.start(node, ["-e", code]);
    await using here = await visit(program.pid);
    expectAttached(here.outcome);
    await until(() => (here.root.threads[0]?.samples.length ?? 0) > 0);
    expect(program.stdout).not.toContain("free");
    expect(program.ports).toEqual([]);
    await until(() => (here.root.threads[0]?.samples.length ?? 0) > 2);
    expect(program.stdout).toContain("free");
    await until(() => program.ports.length === 0);
    expect(program.ownWords).toBe("");
  });

  it("says that a blocked program does not answer, and closes the port when it does", async () => {
    const code = `console.log("ready"); require("node:child_process").execSync("sleep 3"); console.log("free"); ${IDLE}`;
    using program = await Program.start(node, ["-e", code]);
    await using here = await visit(program.pid, { answerMs: 500 });
    const { refused, portClosed } = expectRefusal(here.outcome);
    expect(refused).toBe("no-answer");
    await portClosed;
    expect(program.stdout).toContain("free");
    await until(() => program.stderr.includes("Debugger attached"));
    await until(() => program.ports.length === 0);
    expect(program.isRunning).toBe(true);
  });

  it("uses an inspector that is open, and leaves it open", async () => {
    using program = await Program.start(node, ["--inspect=127.0.0.1:0", "-e", IDLE]);
    const { ports } = program;
    expect(ports).toHaveLength(1);
    await using here = await visit(program.pid);
    expect(expectAttached(here.outcome).wasOpen).toBe(true);
    await until(() => (here.root.threads[0]?.samples.length ?? 0) > 1);
    expect(program.ports).toEqual(ports);
  });

  it("enters two at once, and never one twice", async () => {
    using first = await Program.start(node, ["-e", IDLE]);
    using second = await Program.start(node, ["-e", IDLE]);
    const visits = await Promise.all([first, second].map(({ pid }) => visit(pid)));
    for (const { outcome } of visits) expectAttached(outcome);
    await using again = await visit(first.pid);
    expect(expectRefusal(again.outcome).refused).toBe("already-watched");
    expect([...first.ports, ...second.ports]).toEqual([]);
    for (const { watch } of visits) await watch.close();
  });

  it("leaves a program with a handler of its own alone", async () => {
    using program = await Program.start(node, ["-e", `process.on("SIGUSR1", () => console.log("mine")); ${IDLE}`]);
    await using here = await visit(program.pid);
    expect(expectRefusal(here.outcome).refused).toBe("own-handler");
    using other = await Program.start(node, [
      "-e",
      `process.on("SIGUSR2", () => {}); process.on("SIGHUP", () => {}); ${IDLE}`,
    ]);
    await using there = await visit(other.pid);
    expectAttached(there.outcome);
    expect(program.stdout).toBe("ready\n");
  });

  it("refuses one that waits for no signal", async () => {
    const flag = Number.parseInt(version, 10) >= 22 ? "--disable-sigusr1" : "--experimental-permission";
    using program = await Program.start(node, [
      "--no-warnings",
      flag,
      ...(flag.includes("perm") ? ["--allow-fs-read=*"] : []),
      "-e",
      IDLE,
    ]);
    await using here = await visit(program.pid);
    const { refused, message } = expectRefusal(here.outcome);
    expect(refused).toBe("disabled");
    expect(message).toContain(flag.includes("perm") ? "--permission" : flag);
    expect(program.stderr).toBe("");
    await until(() => here.root.resident.length > 1);
  });

  it("survives a program that ends at any moment", async () => {
    for (const delayMs of [0, 10, 20, 30, 40, 60]) {
      using program = await Program.start(node, ["-e", IDLE]);
      const visiting = visit(program.pid);
      await sleep(delayMs);
      await program.kill();
      await using here = await visiting;
      if ("refused" in here.outcome) expect(expectRefusal(here.outcome).refused).toBe("ended");
      await here.watch.settle(1000);
      expect(here.root.endedAtMs).toBeDefined();
    }
  });

  it("harms nobody that is just being started", async () => {
    for (let delayMs = 5; delayMs < 90; delayMs += 7) {
      using program = new Program(node, ["-e", IDLE]);
      await sleep(delayMs);
      await using here = await visit(program.pid);
      if ("refused" in here.outcome) expect(expectRefusal(here.outcome).refused).toBe("disabled");
      await until(() => program.stdout === "ready\n");
      expect(program.ownWords).toBe("");
    }
  });
});

describe("attachInspector", () => {
  it("refuses what is no Node.js, no process, a thread, stopped, or gone", async () => {
    using sleeper = new Program("sleep", ["30"]);
    using program = await Program.start(process.execPath, ["-e", IDLE]);
    const refusalOf = async (pid: number): Promise<string> => {
      await using here = await visit(pid);
      return expectRefusal(here.outcome).refused;
    };
    expect(await refusalOf(sleeper.pid)).toBe("not-node");
    expect(sleeper.isRunning).toBe(true);
    program.child.kill("SIGSTOP");
    await sleep(50);
    expect(await refusalOf(program.pid)).toBe("stopped");
    program.child.kill("SIGCONT");
    await program.kill();
    expect(await refusalOf(program.pid)).toBe("ended");
  });

  it("refuses while somebody else has the port, and signals nobody", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    using program = await Program.start(process.execPath, [`--inspect-port=${port}`, "-e", IDLE]);
    await using here = await visit(program.pid);
    expect(expectRefusal(here.outcome)).toMatchObject({
      refused: "port-taken",
      message: expect.stringContaining(String(port)),
    });
    expect(program.stderr).toBe("");
    await new Promise((resolve) => server.close(resolve));
    await using again = await visit(program.pid);
    expectAttached(again.outcome);
  });

  it("signals a program that cannot be looked into only when told to", async () => {
    using files = makeFiles({});
    const copy = join(files.path, "node");
    const binary = readFileSync(process.execPath);
    // As in a stripped binary: no symbol of that name.
    for (let at = binary.indexOf(NAME); at >= 0; at = binary.indexOf(NAME, at)) binary.write("no", at);
    writeFileSync(copy, binary, { mode: 0o755 });
    using program = await Program.start(copy, ["-e", IDLE]);
    await using here = await visit(program.pid);
    expect(expectRefusal(here.outcome).refused).toBe("unknown-handler");
    expect(program.stderr).toBe("");
    await using again = await visit(program.pid, { signalsUnknown: true });
    expectAttached(again.outcome);
  });

  it("says why the agent could not be loaded", async () => {
    using program = await Program.start(process.execPath, ["-e", IDLE]);
    using files = makeFiles({ "preload.cjs": "", "boarding.cjs": "throw new Error('broken')" });
    await using here = await visit(program.pid, {
      pass: { socketPath: "/nowhere", preloadFile: join(files.path, "preload.cjs"), isInherited: false },
    });
    expect(expectRefusal(here.outcome)).toMatchObject({
      refused: "failed",
      message: expect.stringContaining("broken"),
    });
    expect(program.ports).toEqual([]);
    expect(program.ownWords).toBe("");
  });

  it("says that the program does not see the agent's files", async () => {
    using program = await Program.start(process.execPath, ["-e", IDLE]);
    const pass = { socketPath: "/nowhere", preloadFile: "/nowhere/preload.cjs", isInherited: false };
    await using here = await visit(program.pid, { pass });
    expect(expectRefusal(here.outcome).refused).toBe("other-files");
    expect(program.stderr).toBe("");
  });
});
