/** What `plimsoll watch` does to processes that it has not started: nothing, unless it was told to. */
import { type ChildProcess, fork } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { validateReport } from "../../src/diagnose/report/index.ts";
import { findProgram } from "../../src/cli/installation.ts";
import { findTarget, listTargets } from "../../src/cli/target-process.ts";
import { keepOwn, listNetworkListeners } from "../../src/monitor/remote/attach/listeners.ts";
import { availableNodes } from "../support/nodes.ts";
import { makeFolder, plainEnvironment, plimsoll, plimsollOnTerminal, PROGRAMS } from "./plimsoll.ts";

const DEADLINE_MS = 60_000;
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

/** Starts a program as anybody would, and waits until it is there. */
async function begin(name: string, execPath = process.execPath): Promise<{ pid: number; child: ChildProcess }> {
  const child = fork(join(PROGRAMS, name), {
    execPath,
    execArgv: [],
    env: plainEnvironment(),
    stdio: ["pipe", "ignore", "ignore", "ipc"],
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
  });
  children.push(child);
  await new Promise((resolve, reject) => child.once("message", resolve).once("error", reject));
  return { pid: child.pid ?? 0, child };
}

function isRunning({ child }: { child: ChildProcess }): boolean {
  return child.exitCode === null && child.signalCode === null;
}

describe("a program that runs already", () => {
  it.each(availableNodes())("is watched for a while and goes on, on Node $version", async ({ path }) => {
    const cwd = makeFolder();
    const program = await begin("grow.mjs", path);
    const ended = await plimsoll(["watch", String(program.pid), "--for", "2s", "--report-dir", "out"], { cwd });
    expect(ended).toMatchObject({ code: 0, signal: null, stdout: "" });
    expect(ended.stderr).toMatch(/^plimsoll: watching node grow\.mjs, pid \d+; limit /);
    expect(ended.stderr).toContain("it still runs");
    expect(isRunning(program)).toBe(true);
    const report = validateReport(JSON.parse(readFileSync(join(cwd, "out/report.json"), "utf8")));
    expect(report).toMatchObject({ command: "node grow.mjs", exit: { code: null, cause: "it still runs" } });
    expect(report.processes[0]).toMatchObject({ pid: program.pid, observed: false });
  });

  it("is left alone by Ctrl-C, after which the report comes", async () => {
    const program = await begin("grow.mjs");
    let typed = false;
    const { text, code } = await plimsollOnTerminal(["watch", String(program.pid)], {
      onText: (terminal, seen) => {
        if (typed || !seen.includes("waterline")) return;
        typed = true;
        terminal.write("\u0003");
      },
    });
    expect(text).toContain("it still runs");
    expect(code).toBe(0);
    expect(isRunning(program)).toBe(true);
  });

  it("may end meanwhile, which makes a report and no exception", async () => {
    const program = await begin("grow.mjs");
    const ended = await plimsoll(["watch", String(program.pid), "--limit", "10mb", "--fail-on", "limit"], {
      onStderr: (_, text) => {
        if (text.includes("watching")) setTimeout(() => program.child.send("end", () => {}), 1_500);
      },
    });
    expect(ended.stderr).toContain("its exit code or signal only its parent knows");
    expect(ended.stderr).toMatch(/resident .* before the end/);
    expect(ended).toMatchObject({ code: 65, stdout: "" });
  });

  it("says in JSON lines what it says in words", async () => {
    const program = await begin("grow.mjs");
    const { stderr } = await plimsoll(["watch", String(program.pid), "--json", "--for", "1s"]);
    const events = stderr
      .trimEnd()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    expect(events).toEqual([
      expect.objectContaining({ plimsoll: "start", pid: program.pid }),
      expect.objectContaining({ plimsoll: "end", exit: expect.objectContaining({ cause: "it still runs" }) }),
    ]);
  });
});

/** The report of a watch with these options, and what was said. */
async function watchFor(time: string, program: { pid: number }, options: readonly string[]) {
  const cwd = makeFolder();
  const args = ["watch", String(program.pid), "--for", time, "--report-dir", "out", ...options];
  const ended = await plimsoll(args, { cwd });
  expect(ended).toMatchObject({ code: 0, signal: null, stdout: "" });
  const report = validateReport(JSON.parse(readFileSync(join(cwd, "out/report.json"), "utf8")));
  const html = readFileSync(join(cwd, "out/report.html"), "utf8");
  return { ...ended, html, report, trials: new Map(report.trials?.map((trial) => [trial.name, trial])) };
}

describe("--attach", () => {
  it.each(availableNodes())(
    "reaches into the program, tries what was asked for, and leaves, on Node $version",
    async ({ path, version }) => {
      const program = await begin("grow.mjs", path);
      const { stderr, html, report, trials } = await watchFor("3s", program, ["--attach", "--experiments"]);
      expect(report.processes[0]).toMatchObject({ observed: true, node: version });
      expect(report.peak.heapUsedBytes).toBeGreaterThan(2 ** 20);
      expect([...trials.keys()]).toEqual(["collect", "turn", "trim"]);
      for (const trial of trials.values()) expect(trial.figures).toMatchObject({ pauseMs: expect.any(Number) });
      expect(stderr).toMatch(/\n {3}trim +malloc_trim gave /);
      expect(html).toContain("What was tried");
      expect(isRunning(program)).toBe(true);
    },
  );

  it("gives back what the allocator keeps with --reclaim, and says what it was worth", async () => {
    const program = await begin("retain.mjs");
    const { trials } = await watchFor("2s", program, ["--attach", "--reclaim"]);
    expect([...trials.keys()]).toEqual(["collect", "trim"]);
    expect(trials.get("trim")?.figures?.["rssBytes"]).toBeGreaterThan(20 * 2 ** 20);
    expect(trials.get("trim")?.sentence).toContain("freed by the program, and kept by the allocator");
  });

  it("leaves no inspector behind in a program that was blocked: it waits until that comes to itself", async () => {
    const program = await begin("blocked.mjs");
    const { stderr, code } = await plimsoll(["watch", String(program.pid), "--attach", "--for", "1s"], {
      onStderr: (_, text) => {
        if (text.includes("waiting to close it")) program.child.stdin?.end("x");
      },
    });
    expect(stderr).toMatch(/has not answered within [^]*it still runs[^]*waiting to close it, at most 10 minutes/);
    expect(code).toBe(0);
    expect(keepOwn(program.pid, listNetworkListeners(program.pid))).toEqual([]);
    expect(isRunning(program)).toBe(true);
  });

  it("that is refused is told, and the rest goes on from outside", async () => {
    const program = await begin("own-signal.mjs");
    const { stderr, report, trials } = await watchFor("1s", program, ["--attach"]);
    expect(stderr).toMatch(/^plimsoll: Process \d+ .* handles SIGUSR1 itself/m);
    expect(trials.get("attach")?.sentence).toContain("Seen from outside only");
    expect(report.processes[0]).toMatchObject({ observed: false });
    expect(isRunning(program)).toBe(true);
  });
});

describe("without reaching in", () => {
  it("--native-heap walks the heap twice, and says what grew", async () => {
    const program = await begin("buffers.mjs");
    const { trials } = await watchFor("3s", program, ["--native-heap"]);
    const walk = trials.get("native-heap");
    expect(walk?.sentence).toMatch(/held in the native heap, \+[\d.]+ MB in /);
    expect(walk?.figures?.["grownBytes"]).toBeGreaterThan(2 ** 20);
    expect(walk?.details[0]).toMatch(/^\+[\d.]+ MB in [\d,]+ chunks of /);
    expect(isRunning(program)).toBe(true);
  });

  it("--syscalls counts with strace where it is installed, and else says how to install it", async () => {
    const program = await begin("grow.mjs");
    if (findProgram("strace") === undefined) {
      const ended = await plimsoll(["watch", String(program.pid), "--syscalls", "1s"]);
      expect(ended.stderr).toMatch(/strace, which is not installed[^]*try: sudo .* strace/);
      expect(ended.code).toBe(64);
      return;
    }
    const { trials } = await watchFor("3s", program, ["--syscalls", "1s"]);
    const { sentence = "", figures = {} } = trials.get("syscalls") ?? {};
    expect(sentence).toMatch(/mmap [\d,]+, munmap [\d,]+, mprotect [\d,]+, brk [\d,]+, futex [\d,]+ in \d/);
    expect(figures).toMatchObject({ mmap: expect.any(Number), futexErrors: expect.any(Number) });
    expect(isRunning(program)).toBe(true);
  });

  it("--syscalls without strace says how to install it", async () => {
    const ended = await plimsoll(["watch", String(process.pid), "--syscalls", "1s"], { env: { PATH: "/nowhere" } });
    expect(ended.stderr).toMatch(/not installed[^]*try: sudo .*strace/);
    expect(ended).toMatchObject({ code: 64, stdout: "" });
  });

  it.each(["--reclaim", "--experiments"])("%s is refused", async (option) => {
    const ended = await plimsoll(["watch", String(process.pid), option]);
    expect(ended.stderr).toMatch(new RegExp(`add --attach[^]*try: plimsoll watch \\d+ --attach ${option}\\n$`));
    expect(ended.code).toBe(64);
  });
});

describe("--on-limit", () => {
  const limit = ["--limit", "10mb", "--for", "10s"];

  it("kill ends the process, and says so", async () => {
    const program = await begin("grow.mjs");
    const ended = await plimsoll(["watch", String(program.pid), ...limit, "--on-limit", "kill"]);
    expect(ended.stderr).toMatch(/resident in two readings, the limit is 10 MB; SIGKILL was sent to pid \d+/);
    expect(ended.code).toBe(0);
    expect(program.child.signalCode).toBe("SIGKILL");
  });

  it("term asks it to end", async () => {
    const program = await begin("grow.mjs");
    const ended = await plimsoll(["watch", String(program.pid), ...limit, "--on-limit", "term"]);
    expect(ended.stderr).toContain("SIGTERM was sent to pid");
    expect(program.child.signalCode).toBe("SIGTERM");
  });

  it("runs a command that is told the process, with stdout kept clean", async () => {
    const program = await begin("grow.mjs");
    const command = 'echo "over: $PLIMSOLL_PID"; kill $PLIMSOLL_PID; exit 3';
    const ended = await plimsoll(["watch", String(program.pid), ...limit, "--on-limit", command]);
    expect(ended.stderr).toContain(`over: ${program.pid}\n`);
    expect(ended.stderr).toContain("the command of --on-limit ended with code 3");
    expect(ended).toMatchObject({ code: 0, stdout: "" });
  });

  it("leaves a process below the limit alone", async () => {
    const program = await begin("grow.mjs");
    const args = ["--limit", "9gb", "--on-limit", "kill", "--for", "2s"];
    await plimsoll(["watch", String(program.pid), ...args]);
    expect(isRunning(program)).toBe(true);
  });

  it.each([
    [["--on-limit", "kill"], /say which with --limit[^]*try: plimsoll watch \d+ --limit 1gb --on-limit term/],
    [["--limit", "1gb", "--on-limit", ""], /needs term, kill or a command/],
    [["--for", "soon"], /--for needs a time such as 30s[^]*try: plimsoll watch \d+ --for 60s/],
    [["--syscalls", "5m"], /--syscalls needs a time such as .* at most 30 s/],
    [["--limit", "banana"], /"banana" is not a size[^]*try: plimsoll watch \d+ --limit 512mb/],
  ] as const)("and the others refuse %j", async (args, says) => {
    const ended = await plimsoll(["watch", String(process.pid), ...args]);
    expect(ended.stderr).toMatch(says);
    expect(ended).toMatchObject({ code: 64, stdout: "" });
    expect(ended.stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(6);
  });
});

describe("without a process id", () => {
  it("lists those that can be watched, and exits 64", async () => {
    const program = await begin("grow.mjs");
    const ended = await plimsoll(["watch"]);
    expect(ended.stderr).toMatch(new RegExp(`\\n +${program.pid} +[\\d.]+ MB +node grow\\.mjs\\n`));
    expect(ended.stderr).toMatch(/\n {2}try: plimsoll watch \d+\n$/);
    expect(ended).toMatchObject({ code: 64, stdout: "" });
  });
});

/** A `/proc` with the given processes. */
function makeProc(processes: Readonly<Record<string, { status: string; exe?: string; args?: string }>>): string {
  const root = makeFolder();
  for (const [pid, { status, exe = "/usr/bin/node", args = "node\0server.js\0" }] of Object.entries(processes)) {
    const dir = join(root, "proc", pid);
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, "status"), status);
    writeFileSync(join(dir, "cmdline"), args);
    symlinkSync(exe, join(dir, "exe"));
  }
  return root;
}

describe("the process that is meant", () => {
  const status = (pid: number, user: number, more = "VmRSS:\t2048 kB\n"): string =>
    `Tgid:\t${pid}\nPPid:\t1\nUid:\t${user}\t${user}\t${user}\t${user}\n${more}`;
  const root = makeProc({
    self: { status: status(7, 1000) },
    "10": { status: status(10, 1000) },
    "11": { status: status(10, 1000) },
    "12": { status: status(12, 1001) },
    "13": { status: status(13, 1000), exe: "/usr/sbin/nginx", args: "nginx\0" },
    "14": { status: status(14, 0, "") },
  });
  const options = { root, userId: 1000, ownPid: 7 };

  it("is told apart by user and program", () => {
    expect(findTarget("10", options)).toEqual({
      pid: 10,
      name: "node server.js",
      rssBytes: 2 ** 21,
      isNode: true,
      isOurs: true,
      otherUser: undefined,
    });
    expect(findTarget("12", options)).toMatchObject({ isNode: true, isOurs: false, otherUser: 1001 });
    expect(findTarget("12", { ...options, userId: 0 })).toMatchObject({ isOurs: true, otherUser: 1001 });
    expect(findTarget("13", options)).toMatchObject({ name: "nginx", isNode: false });
  });

  it.each([
    ["7", "plimsoll itself"],
    ["11", "a thread of process 10"],
    ["14", "belongs to the kernel"],
    ["15", "no process 15"],
    ["0", "not a process id"],
    ["-3", "not a process id"],
  ])("is never %s", (word, says) => {
    expect(() => findTarget(word, options)).toThrow(says);
  });

  it("is listed only where this user may look into it", () => {
    expect(listTargets(options).map(({ pid }) => pid)).toEqual([10, 11]);
  });

  it("needs a /proc", () => {
    expect(() => findTarget("10", { ...options, root: dirname(makeFolder()) })).toThrow("does not have");
  });
});
