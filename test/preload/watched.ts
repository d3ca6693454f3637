/**
 * Real programs under a real watch: each is written to a directory of its own, run once bare where a
 * test compares, once watched, and killed at a deadline.
 */
import { spawn, type SpawnOptions } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ProcessRecording, Recording } from "../../src/monitor/remote/recording.ts";
import { RemoteWatch } from "../../src/monitor/remote/remote-watch.ts";

/** How a program ended, and all that it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly ms: number;
}

/** A watched program, after its end. */
export interface Watched extends Ended {
  readonly recording: Recording;
  /** The started command itself. */
  readonly root: ProcessRecording;
}

/** What to run. */
export interface Program {
  /** Arguments of Node. */
  readonly args: readonly string[];
  /** Default: the running Node. */
  readonly node?: string;
  /** Added to a nearly empty environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Sent when the program has written `ready`. */
  readonly signal?: NodeJS.Signals;
  /** Default: 100. */
  readonly sampleIntervalMs?: number;
  /** Where the run's private directory lies. */
  readonly directory?: string;
  /** Called while it runs, as soon as it has written `ready`. */
  readonly onReady?: (watch: RemoteWatch, pid: number) => void;
  readonly allowProfiles?: boolean;
}

const DEADLINE_MS = 60_000;
/** Without the test runner's own variables. */
const BASE_ENV: NodeJS.ProcessEnv = { PATH: process.env["PATH"], HOME: process.env["HOME"] };

/** A directory with the given files; disposing removes it. */
export function makeFiles(files: Readonly<Record<string, string>>, prefix = "program-"): Disposable & { path: string } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), prefix)));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Runs a program as if nobody watched. */
export function runBare(program: Program): Promise<Ended> {
  return run(program, { ...BASE_ENV, ...program.env }, () => undefined);
}

/** Runs a program under a watch until it has ended. */
export async function runWatched(program: Program): Promise<Watched> {
  const watch = await RemoteWatch.open({
    command: "node",
    limit: { bytes: null, source: "none" },
    sampleIntervalMs: program.sampleIntervalMs ?? 100,
    ...(program.allowProfiles === undefined ? {} : { allowProfiles: program.allowProfiles }),
    ...(program.directory === undefined ? {} : { directories: [program.directory] }),
  });
  try {
    const env = watch.environment({ ...BASE_ENV, ...program.env });
    const ended = await run(program, env, (pid, isReady) =>
      isReady ? program.onReady?.(watch, pid) : watch.attachRoot(pid),
    );
    await watch.settle(2000);
    const root = watch.recording.processes[0];
    if (root === undefined) throw new Error("the watch recorded no process");
    return { ...ended, recording: structuredClone(watch.recording), root };
  } finally {
    await watch.close();
  }
}

function run(
  { args, node, signal }: Program,
  env: NodeJS.ProcessEnv,
  onEvent: (pid: number, isReady: boolean) => void,
): Promise<Ended> {
  const options: SpawnOptions = { env, stdio: ["ignore", "pipe", "pipe"], timeout: DEADLINE_MS, killSignal: "SIGKILL" };
  const began = performance.now();
  const child = spawn(node ?? process.execPath, [...args], options);
  const pid = child.pid ?? 0;
  onEvent(pid, false);
  const output = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk: Buffer) => {
    const wasReady = output.stdout.includes("ready");
    output.stdout += chunk.toString();
    if (wasReady || !output.stdout.includes("ready")) return;
    onEvent(pid, true);
    if (signal !== undefined) child.kill(signal);
  });
  child.stderr?.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, ended) => {
      resolve({ code, signal: ended, ...output, ms: performance.now() - began });
    });
  });
}
