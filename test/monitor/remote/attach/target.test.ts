/** What `/proc` tells before anybody is touched: on written trees of files, and on this very process. */
import { mkdirSync, symlinkSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keepOwn, listNetworkListeners, parseListeners } from "../../../../src/monitor/remote/attach/listeners.ts";
import { takePortLock } from "../../../../src/monitor/remote/attach/port-lock.ts";
import { isRefusal } from "../../../../src/monitor/remote/attach/refusal.ts";
import { findSignalHandler } from "../../../../src/monitor/remote/attach/signal-handler.ts";
import { parseInspectorFlags, readTarget } from "../../../../src/monitor/remote/attach/target.ts";
import { ElfFile } from "../../../../src/probe/elf-file.ts";
import { makeFiles } from "../../../preload/watched.ts";

const STAT = `7 (node (x) y) S 1 ${"0 ".repeat(17)}4242 0`;

/** A `/proc` with this process and process 7. */
function makeProc({ uid = 1000, state = "S", pidSpace = "a", caught = "4602", tgid = 7 }) {
  const files = makeFiles({
    "proc/self/status": "Name:\tnode\nUid:\t1000\t1000\t1000\t1000\n",
    "proc/7/status": `Name:\tnode\nTgid:\t${tgid}\nUid:\t${uid}\t${uid}\t${uid}\t${uid}\nSigCgt:\t00000001${caught.padStart(8, "0")}\n`,
    "proc/7/stat": STAT.replace(") S", `) ${state}`),
    "proc/7/cmdline": "/usr/bin/node\0--inspect-port\x009333\0server.js\0--password=x\0",
    "proc/7/environ": "A=b\0NODE_OPTIONS=--disable-sigusr1 --inspect_port=1\0",
  });
  for (const [pid, space] of [
    ["self", "a"],
    ["7", pidSpace],
  ] as const) {
    mkdirSync(join(files.path, `proc/${pid}/ns`));
    symlinkSync(`pid:[${space}]`, join(files.path, `proc/${pid}/ns/pid`));
    symlinkSync("net:[1]", join(files.path, `proc/${pid}/ns/net`));
  }
  symlinkSync("/usr/bin/node", join(files.path, "proc/7/exe"));
  return files;
}

describe("readTarget", () => {
  const read = (what: Parameters<typeof makeProc>[0]) => {
    using files = makeProc(what);
    return readTarget(7, { root: files.path });
  };

  it("reads whose it is and what its flags say", () => {
    expect(read({})).toEqual({
      pid: 7,
      startTicks: "4242",
      name: "node server.js",
      catchesSignal: true,
      flags: { ports: [1, 9333], disablesSignal: true, restricts: false, hidesSessions: false },
    });
    expect(read({ caught: "4402" })).toMatchObject({ catchesSignal: false });
  });

  it.each([
    ["other-user", { uid: 0 }, "sudo -u '#0'"],
    ["other-namespace", { pidSpace: "b" }, "container"],
    ["stopped", { state: "T" }, "kill -CONT 7"],
    ["ended", { state: "Z" }, "has ended"],
    ["thread", { tgid: 6 }, "process 6"],
  ] as const)("refuses: %s", (reason, what, words) => {
    const target = read(what);
    if (!isRefusal(target)) throw new Error("not refused");
    expect(target.refused).toBe(reason);
    expect(target.message).toContain(words);
    expect(target.message).not.toContain("password");
  });

  it("refuses where there is no /proc", () => {
    using files = makeFiles({});
    expect(readTarget(7, { root: files.path })).toMatchObject({ refused: "no-proc" });
  });
});

describe("parseInspectorFlags", () => {
  it.each([
    [[], [9229]],
    [["--inspect"], [9229]],
    [["--inspect=0"], [0]],
    [["--inspect-brk=127.0.0.1:9300"], [9300]],
    [
      ["--inspect=[::1]:9301", "--inspect-port=9302"],
      [9301, 9302],
    ],
    [["--debug-port", "9303"], [9303]],
    [["--inspect-wait=localhost"], [9229]],
    [["--inspector"], [9229]],
  ])("%j names the ports %j", (given, ports) => expect(parseInspectorFlags(given).ports).toEqual(ports));

  it("sees what closes or hides the inspector", () => {
    expect(parseInspectorFlags(["--permission"]).restricts).toBe(true);
    expect(parseInspectorFlags(["--experimental-permission"]).restricts).toBe(true);
    expect(parseInspectorFlags(["--inspect-publish-uid=stderr"]).hidesSessions).toBe(true);
    expect(parseInspectorFlags(["--inspect-publish-uid=stderr,http"]).hidesSessions).toBe(false);
  });

  it("takes anything", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (given) => {
        for (const port of parseInspectorFlags(given).ports) expect(port).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe("listeners", () => {
  it("reads the kernel's rows, and only those that listen", () => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:240D 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 610634 1 0000000000000000 100 0 0 10 0
   1: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 610635 1 0000000000000000 100 0 0 10 0
   2: 0100007F:240D 0100007F:8000 01 00000000:00000000 00:00000000 00000000     0        0 610636 1 0000000000000000 100 0 0 10 0
   3: 00000000000000000000000001000000:240D 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 610637 1
`;
    expect(parseListeners(table)).toEqual([
      { host: "127.0.0.1", port: 9229, inode: "610634" },
      { host: "127.0.0.1", port: 8080, inode: "610635" },
      { host: "0:0:0:0:0:0:0:1", port: 9229, inode: "610637" },
    ]);
  });

  it("finds a socket of this process, and takes it for nobody else's", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const all = listNetworkListeners(process.pid).filter((one) => one.port === port);
    expect(all).toMatchObject([{ host: "127.0.0.1", port }]);
    expect(keepOwn(process.pid, all)).toEqual(all);
    expect(keepOwn(process.ppid, all)).toEqual([]);
    await new Promise((resolve) => server.close(resolve));
    expect(listNetworkListeners(process.pid).some((one) => one.port === port)).toBe(false);
  });
});

describe("findSignalHandler", () => {
  it("sees this process's own handlers come and go, as far as its Node names its variables", () => {
    using node = ElfFile.open(process.execPath);
    const isNamed = node?.locate("uv__signal_tree") !== undefined;
    const handler = (): void => undefined;
    const before = findSignalHandler(process.pid);
    process.on("SIGUSR1", handler);
    const during = findSignalHandler(process.pid);
    process.removeListener("SIGUSR1", handler);
    const after = findSignalHandler(process.pid);
    expect([before, during, after]).toEqual(isNamed ? ["none", "own", "none"] : ["unknown", "unknown", "unknown"]);
  });

  it("does not know of processes that it may not read", () => expect(findSignalHandler(2 ** 30)).toBe("unknown"));
});

describe("takePortLock", () => {
  it("is held by one at a time, and waited for", async () => {
    const name = `\0plimsoll-test-${process.pid}`;
    const first = await takePortLock(0, name);
    expect(first).toBeDefined();
    expect(await takePortLock(60, name)).toBeUndefined();
    const waiting = takePortLock(5000, name);
    first?.[Symbol.dispose]();
    const second = await waiting;
    expect(second).toBeDefined();
    second?.[Symbol.dispose]();
  });
});
