/**
 * `plimsoll run -- COMMAND`: starts a program unchanged, shows its memory, and at its end says what
 * grew and why. The program owns stdin, stdout and its exit code; a failure of ours never reaches it.
 */
import { rmSync } from "node:fs";
import { systemClock } from "../../base/clock.ts";
import { RemoteWatch } from "../../monitor/remote/index.ts";
import { launch, type Launched } from "../../monitor/remote/launch.ts";
import type { CommandEnd } from "../command.ts";
import { nameCommand } from "../command-name.ts";
import { observe } from "../observation.ts";
import { Heaptrack } from "../heaptrack.ts";
import type { Output } from "../output.ts";
import { checkReportCopy, createReportFolder } from "../report-files.ts";
import { withExample } from "../report-options.ts";
import { Trials } from "../trials.ts";
import { parseRunOptions, runExample, type RunOptions } from "../run-options.ts";

/** Runs a program and watches it. */
export async function run(args: readonly string[], output: Output): Promise<CommandEnd> {
  const options = parseRunOptions(args);
  if (options.reportJson !== undefined) checkReportCopy(options.reportJson, runExample);
  const dir = createReportFolder(options.reportDir, systemClock.now(), runExample);
  // All other timers are unref'ed, and between the program's end and ours nothing else keeps us alive.
  const keepAlive = setInterval(() => {}, 2 ** 30);
  try {
    const native = options.heaptrack !== undefined;
    await using remote = await RemoteWatch.open({
      command: nameCommand(options.command),
      limit: options.limit,
      native,
    });
    using heaptrack = options.heaptrack && new Heaptrack(options.heaptrack);
    const env = remote.environment(process.env);
    const launched = await start(options, dir, heaptrack?.environment(env) ?? env);
    // Never undone: a second Ctrl-C while the report is written must not cost the program's exit code.
    launched.forwardSignals();
    const { pid, exited: ended } = launched;
    remote.attachRoot(pid);
    const asked = "Asked the program to stop; waiting for its end.";
    using trials = new Trials({
      remote,
      pid,
      experiments: options.experiments,
      heaptrack,
      capture: { dir, nearLimit: options.heapSnapshot, onLeak: options.snapshots, maxPauseMs: options.maxPauseMs },
      say: (words) => output.say(options.json ? JSON.stringify({ plimsoll: "did", did: words }) : `plimsoll: ${words}`),
    });
    const conclude = (): Promise<void> => trials.conclude();
    return await observe(
      { remote, pid, dir, ended, asked, trials: trials.found, snapshots: () => trials.snapshots, conclude },
      options,
      output,
    );
  } finally {
    clearInterval(keepAlive);
  }
}

async function start({ command, reportDir }: RunOptions, dir: string, env: NodeJS.ProcessEnv): Promise<Launched> {
  try {
    return await launch(command, { env });
  } catch (error) {
    if (reportDir === undefined) rmSync(dir, { recursive: true });
    throw withExample(error, "plimsoll run -- node server.js");
  }
}
