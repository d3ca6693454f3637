/**
 * `plimsoll watch PID`: a program that runs already, seen from outside, unharmed. It ends after `--for`,
 * on Ctrl-C, or with the program, and reports each time; what the program's own exit code is only
 * its parent learns.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../base/clock.ts";
import { attachInspector, isRefusal, RemoteWatch } from "../../monitor/remote/index.ts";
import { readSystemLink } from "../../probe/system-files.ts";
import type { CommandEnd } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { hasEnded } from "../ending.ts";
import { observe } from "../observation.ts";
import type { Output } from "../output.ts";
import { checkReportCopy, createReportFolder } from "../report-files.ts";
import { drawTargets, listTargets } from "../target-process.ts";
import { type TrialPlan, Trials } from "../trials.ts";
import { parseWatchOptions, watchExample, type WatchOptions } from "../watch-options.ts";

/** An inspector that is not closed by then belongs to a program that is blocked: who waits longer is told. */
const PORT_MS = 2_000;

/** All of them ask us to stop watching; none is passed on. */
const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Watches a program that was started by somebody else. */
export async function watch(args: readonly string[], output: Output): Promise<CommandEnd> {
  const options = parseWatchOptions(args);
  if (options === undefined) return listForUser(output);
  const exampleOf = watchExample(options.target.pid);
  if (options.reportJson !== undefined) checkReportCopy(options.reportJson, exampleOf);
  const dir = createReportFolder(options.reportDir, systemClock.now(), exampleOf);
  const keepAlive = setInterval(() => {}, 2 ** 30);
  try {
    return await watchTarget(options, dir, output);
  } finally {
    clearInterval(keepAlive);
  }
}

function listForUser(output: Output): CommandEnd {
  const targets = listTargets();
  if (targets.length === 0) {
    output.say("plimsoll: watch needs a process id, and no Node.js process of this user runs.");
    output.say("  try: plimsoll run -- node server.js");
  } else {
    const lines = ["plimsoll: watch needs a process id. Node.js processes that can be watched:"];
    output.say([...lines, ...drawTargets(targets), `  try: plimsoll watch ${targets[0]?.pid}`].join("\n"));
  }
  return { code: EXIT.usage };
}

async function watchTarget(options: WatchOptions, dir: string, output: Output): Promise<CommandEnd> {
  const { target, limit } = options;
  const { pid } = target;
  await using remote = await RemoteWatch.open({ command: target.name, limit, native: options.nativeHeap });
  remote.recording.attached = true;
  remote.attachRoot(pid);
  if (!options.quiet && !options.json) for (const line of notesOn(options)) output.say(`plimsoll: ${line}`);
  const entry = options.attach
    ? await attachInspector(pid, { pass: remote.boardingPass({ isInherited: false }) })
    : undefined;
  using end = awaitEnd(remote, options.forMs);
  const capture = {
    dir,
    nearLimit: options.heapSnapshot,
    onLeak: options.snapshots,
    maxPauseMs: options.maxPauseMs,
    onSignal: true,
  };
  using trials = new Trials({ remote, pid, capture, ...planOf(options, output) });
  const cwd = readSystemLink(`proc/${pid}/cwd`);
  const asked = "Watching ends; the program goes on.";
  if (entry && isRefusal(entry)) {
    trials.found.push({ name: "attach", sentence: `Seen from outside only: ${entry.message}`, details: [] });
    if (!options.quiet && !options.json) output.say(`plimsoll: ${entry.message}`);
  }
  const conclude = (): Promise<void> => trials.conclude();
  const common = {
    remote,
    pid,
    dir,
    ended: end.ended,
    asked,
    trials: trials.found,
    snapshots: () => trials.snapshots,
    conclude,
  };
  const commandEnd = await observe(cwd === undefined ? common : { ...common, cwd }, options, output);
  end[Symbol.dispose]();
  if (entry) await awaitPortClosed(entry.portClosed, pid, options.json, output);
  return commandEnd;
}

/** Leaves no inspector open behind us: a blocked program acts on the signal when it comes to itself. Ctrl-C ends us. */
async function awaitPortClosed(closed: Promise<void>, pid: number, json: boolean, output: Output): Promise<void> {
  const isClosed = closed.then(() => true);
  if (await Promise.race([isClosed, sleep(PORT_MS, false, { ref: false })])) return;
  const why = `pid ${pid} is blocked and will open its inspector when it comes to itself: waiting to close it, at most 10 minutes (Ctrl-C leaves it open)`;
  output.say(json ? JSON.stringify({ plimsoll: "waiting", why }) : `plimsoll: ${why}`);
  await closed;
}

function planOf(
  { syscalls, onLimit, limit, json, experiments, reclaim, nativeHeap }: WatchOptions,
  output: Output,
): Omit<TrialPlan, "remote" | "pid" | "capture"> {
  const say = (sentence: string): void =>
    output.say(json ? JSON.stringify({ plimsoll: "limit", did: sentence }) : `plimsoll: ${sentence}`);
  const { bytes } = limit;
  return {
    syscalls,
    experiments,
    reclaim,
    nativeHeap,
    onLimit: onLimit === undefined || bytes === null ? undefined : { action: onLimit, limitBytes: bytes },
    say,
  };
}

/** What will not be seen, and who could see it. */
function notesOn({ target: { pid, name, isNode, isOurs } }: WatchOptions): string[] {
  if (!isOurs)
    return [`${name} (pid ${pid}) belongs to another user: sizes only; its maps are open to that user and root.`];
  return isNode ? [] : [`${name} (pid ${pid}) is not Node.js: figures from outside only.`];
}

/** Resolves after the time, at a signal, or with the program's end, whichever comes first. */
function awaitEnd(remote: RemoteWatch, forMs: number | undefined): Disposable & { readonly ended: Promise<undefined> } {
  const { promise: ended, resolve } = makeSignal();
  for (const signal of STOP_SIGNALS) process.once(signal, resolve);
  const timer = forMs === undefined ? undefined : setTimeout(resolve, forMs);
  const updates = remote.onUpdate(() => {
    if (hasEnded(remote.recording)) resolve();
  });
  return {
    ended,
    [Symbol.dispose]() {
      for (const signal of STOP_SIGNALS) process.removeListener(signal, resolve);
      clearTimeout(timer);
      updates[Symbol.dispose]();
    },
  };
}

function makeSignal(): { readonly promise: Promise<undefined>; readonly resolve: () => void } {
  let settle: (value: undefined) => void = () => {};
  const promise = new Promise<undefined>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: () => settle(undefined) };
}
