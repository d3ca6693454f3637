/** The watched program's streams, environment, exit code and signals are its own. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MAIN, makeFolder, plimsoll, plimsollOnTerminal, PROGRAMS, start, startOnTerminal } from "./plimsoll.ts";

const node = process.execPath;

describe("exit codes and signals", () => {
  it.each([
    ["0", ["-e", ""], 0, null],
    ["3", ["-e", "process.exit(3)"], 3, null],
    ["255", ["-e", "process.exit(255)"], 255, null],
    ["SIGTERM", ["-e", "process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 9e3)"], null, "SIGTERM"],
    ["SIGKILL", ["-e", "process.kill(process.pid, 'SIGKILL'); setTimeout(() => {}, 9e3)"], null, "SIGKILL"],
    ["SIGSEGV", ["-e", "process.kill(process.pid, 'SIGSEGV'); setTimeout(() => {}, 9e3)"], null, "SIGSEGV"],
    ["a full V8 heap", ["--max-old-space-size=20", "-e", "for (const a = []; ; ) a.push({ a })"], null, "SIGABRT"],
  ] as const)("%s passes through", async (_, args, code, signal) => {
    expect(await start([node, ...args])).toMatchObject({ code, signal });
    expect(await plimsoll(["run", "--quiet", "--", node, ...args])).toMatchObject({ code, signal });
  });

  it("134 is what a shell sees of a full V8 heap", async () => {
    const script = '"$@"; echo "code $?"';
    const program = [node, "--max-old-space-size=20", "-e", "for (const a = []; ; ) a.push({ a })"];
    const { stdout } = await start(["sh", "-c", script, "sh", node, MAIN, "run", "--quiet", "--", ...program]);
    expect(stdout).toContain("code 134\n");
  });

  it("a SIGTERM to the watcher reaches the program, whose answer counts", async () => {
    const program = "process.on('SIGTERM', () => process.exit(7)); console.error('ready'); setTimeout(() => {}, 2e4)";
    const ended = await plimsoll(["run", "--", node, "-e", program], {
      onStderr: (child, text) => {
        if (text.includes("ready")) child.kill("SIGTERM");
      },
    });
    expect(ended).toMatchObject({ code: 7, signal: null });
  });
});

describe("stdout", () => {
  it("is byte-identical without a terminal", async () => {
    const program = [node, join(PROGRAMS, "bytes.mjs")];
    const bare = await start(program);
    expect(bare.stdout.length).toBeGreaterThan(20 * 256);
    const watched = await plimsoll(["run", "--", ...program]);
    expect(watched.stdout).toBe(bare.stdout);
    expect(watched.stderr).toContain("plimsoll: watching node bytes.mjs");
  });

  it("is byte-identical when it is a file and stderr a terminal with the live view", async () => {
    const cwd = makeFolder();
    const program = [node, join(PROGRAMS, "bytes.mjs")];
    const bare = await start(program);
    const command = ["sh", "-c", '"$@" > out', "sh", node, MAIN, "run", "--", ...program];
    const { text } = await startOnTerminal(command, { cwd });
    expect(text).toContain("waterline");
    expect(readFileSync(join(cwd, "out"), "latin1")).toBe(bare.stdout);
  });

  it("is unbroken between the frames of the live view on the same terminal", async () => {
    const program = [node, join(PROGRAMS, "lines.mjs")];
    const bare = await startOnTerminal(program);
    const { text } = await plimsollOnTerminal(["run", "--", ...program]);
    expect(text).toContain("waterline");
    expect(withoutFrames(text)).toContain(bare.text);
  });

  it("is a terminal for the program when it is one", async () => {
    const script = "console.log([process.stdin.isTTY, process.stdout.isTTY, process.stdout.columns].join())";
    const { text } = await plimsollOnTerminal(["run", "--", node, "-e", script], { columns: 97 });
    expect(text).toContain("true,true,97");
  });
});

/** Drops what lies between saving and restoring the cursor, and the sequences around it. */
function withoutFrames(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/\u001b7[^]*?\u001b8(\u001b\[J)?/g, "").replace(/(\u001bD){12}\u001b\[12A/g, "");
}

describe("stdin", () => {
  it("carries a JSON-RPC program's requests, and stdout nothing but its answers", async () => {
    const request = (id: number): string => {
      const body = JSON.stringify({ jsonrpc: "2.0", id, method: "echo", params: { text: "é漢".repeat(id * 1_000) } });
      return `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    };
    const input = [1, 2, 3, 4, 5].map(request).join("");
    const program = [node, join(PROGRAMS, "rpc.mjs")];
    const bare = await start(program, { input });
    expect(bare.stdout.match(/Content-Length/g)).toHaveLength(5);
    const watched = await plimsoll(["run", "--", ...program], { input });
    expect(watched).toMatchObject({ code: 0, stdout: bare.stdout });
  });
});

describe("the environment", () => {
  it("keeps NODE_OPTIONS and adds to it", async () => {
    const script = "console.log(process.env.NODE_OPTIONS, v8.getHeapStatistics().heap_size_limit / 2 ** 20)";
    const env = { NODE_OPTIONS: "--max-old-space-size=100 --max-semi-space-size=1" };
    const { stdout } = await plimsoll(["run", "--quiet", "--", node, "-e", script], { env });
    expect(stdout).toMatch(/^--max-old-space-size=100 --max-semi-space-size=1 \S.* 103\n$/);
  });

  it("gives the program no IPC channel", async () => {
    const { stdout } = await plimsoll(["run", "--quiet", "--", node, "-p", "process.send"]);
    expect(stdout).toBe("undefined\n");
  });
});

describe("Ctrl-C", () => {
  it("on a terminal reaches the program once, and its code is passed on after the report", async () => {
    let typed = false;
    const { text, code } = await plimsollOnTerminal(["run", "--", node, join(PROGRAMS, "interrupted.mjs")], {
      onText: (terminal, seen) => {
        if (typed || !seen.includes("ready") || !seen.includes("waterline")) return;
        typed = true;
        terminal.write("\u0003");
      },
    });
    expect(text).toContain("interrupts: 1");
    expect(text).toContain("Asked the program to stop");
    expect(text).toContain("ended with code 5");
    expect(code).toBe(5);
  });

  it("without a terminal is passed on to the program", async () => {
    const ended = await plimsoll(["run", "--", node, join(PROGRAMS, "interrupted.mjs")], {
      onStderr: (child, text) => {
        if (text.includes("watching")) setTimeout(() => child.kill("SIGINT"), 1_000);
      },
    });
    expect(ended).toMatchObject({ code: 5, stdout: "ready\ninterrupts: 1\n" });
  });
});
