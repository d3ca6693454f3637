import { basename } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isNodeProcess, listDescendants, nameCommand, readProcessName } from "../../src/probe/process.ts";
import { makeRoot } from "./support/fixture-root.ts";
import { startProgram } from "./support/start-program.ts";

describe("nameCommand", () => {
  it.each([
    [["/usr/bin/node", "/srv/app/server.js", "--token", "hunter2"], "node server.js"],
    [["node", "--require", "/srv/setup.cjs", "--enable-source-maps", "dist/main.js"], "node main.js"],
    [["node", "--max-old-space-size=512", "-r", "a.js", "b.js"], "node b.js"],
    [["node", "--env-file", ".env.secret", "b.js"], "node b.js"],
    [["node", "-e", "secret()"], "node [eval]"],
    [["node", "--eval=secret()"], "node [eval]"],
    [["node", "--test", ""], "node"],
    [["/opt/My Apps/nodejs", "x.mjs"], "nodejs x.mjs"],
    [["node-22", "x.mjs"], "node-22 x.mjs"],
    [["npm run build"], "npm"],
    [["postgres: user secret 10.0.0.1 idle"], "postgres"],
    [["sh", "-c", "curl -H secret"], "sh"],
    [["python3", "job.py", "secret"], "python3"],
    [[], ""],
  ])("%j is %s", (command, name) => {
    expect(nameCommand(command)).toBe(name);
  });

  it("never gives away an argument behind the script, nor a path", () => {
    fc.assert(
      fc.property(fc.array(fc.string().map((text) => `secret${text}`)), (rest) => {
        expect(nameCommand(["/usr/bin/node", "/home/someone/server.js", ...rest])).toBe("node server.js");
        expect(nameCommand(["/usr/bin/python3", ...rest])).toBe("python3");
      }),
    );
  });
});

/** Three generations, and a process that does not belong to them. */
const TREE: Record<string, string> = {
  "proc/10/cmdline": "node\0a.js\0",
  "proc/11/cmdline": "sh\0-c\0secret\0",
  "proc/12/cmdline": "node\0worker.js\0",
  "proc/13/cmdline": "",
  "proc/13/comm": "MainThread\n",
  "proc/99/cmdline": "init\0",
};

describe("listDescendants", () => {
  const expected = [
    { pid: 11, parentPid: 10, name: "sh" },
    { pid: 12, parentPid: 10, name: "node worker.js" },
    { pid: 13, parentPid: 11, name: "MainThread" },
  ];

  it("follows the children of every thread where the kernel lists them", () => {
    using root = makeRoot({
      ...TREE,
      "proc/thread-self/children": "",
      "proc/10/task/10/children": "11 ",
      "proc/10/task/17/children": "12 ",
      "proc/11/task/11/children": "13 ",
      "proc/12/task/12/children": "",
    });
    expect(listDescendants(10, root)).toEqual(expected);
  });

  it("reads all of /proc where it does not, whatever the programs are called", () => {
    using root = makeRoot({
      ...TREE,
      "proc/10/stat": "10 (node) S 1 10 10",
      "proc/11/stat": "11 (a) b (c) S 10 10 10",
      "proc/12/stat": "12 (node 1 2) R 10 10 10",
      "proc/13/stat": "13 (MainThread) S 11 10 10",
      "proc/99/stat": "99 (init) S 0 10 10",
      "proc/meminfo": "",
    });
    expect(listDescendants(10, root)).toEqual(expected);
    expect(listDescendants(13, root)).toEqual([]);
  });

  it("ends on a circle, which process ids that are reused while reading can form", () => {
    using root = makeRoot({ "proc/10/stat": "10 (a) S 11 ", "proc/11/stat": "11 (b) S 10 " });
    expect(listDescendants(10, root).map(({ pid }) => pid)).toEqual([11]);
  });

  it("finds a real child and grandchild", async () => {
    await using program = await startProgram("nothing", process.execPath, (command) => [
      "sh",
      "-c",
      '"$@"; exit',
      "sh",
      ...command,
    ]);
    const found = listDescendants(process.pid);
    const shell = found.find(({ pid }) => pid === program.pid);
    expect(shell).toEqual({ pid: program.pid, parentPid: process.pid, name: "sh" });
    const child = found.find(({ parentPid }) => parentPid === program.pid);
    expect(child?.name).toBe(`${basename(process.execPath)} memory-program.cjs`);
    expect(isNodeProcess(child?.pid ?? 0)).toBe(true);
    expect(isNodeProcess(program.pid)).toBe(false);
  });

  it("finds nothing without /proc", () => {
    using root = makeRoot({});
    expect(listDescendants(process.pid, root)).toEqual([]);
  });
});

describe("isNodeProcess and readProcessName", () => {
  it("know this process and no missing one", () => {
    expect(isNodeProcess(process.pid)).toBe(true);
    expect(isNodeProcess(4_194_305)).toBe(false);
    expect(readProcessName(4_194_305)).toBeUndefined();
  });

  it("go by the arguments where another user's executable is hidden", () => {
    using root = makeRoot({ "proc/5/cmdline": "/usr/bin/node\0x.js\0", "proc/6/cmdline": "/usr/bin/nodemon\0" });
    expect(isNodeProcess(5, root)).toBe(true);
    expect(isNodeProcess(6, root)).toBe(false);
  });
});
