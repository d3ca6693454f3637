/**
 * Runs one program of known behaviour under the watcher, as `plimsoll run` would, and diagnoses it once
 * a second and at its end.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { diagnose } from "../../src/diagnose/diagnose.ts";
import type { Diagnosis } from "../../src/diagnose/finding.ts";
import { RemoteWatch } from "../../src/monitor/remote/index.ts";
import type { Recording } from "../../src/monitor/remote/recording.ts";
import type { Truth } from "./truth.ts";

/** What a diagnosis said of one program. */
export interface TruthResult {
  readonly truth: Truth;
  /** Once a second while it ran; seconds since its start. */
  readonly course: readonly { readonly seconds: number; readonly diagnosis: Diagnosis }[];
  readonly final: Diagnosis;
  readonly recording: Recording;
  /** Seconds after which every verdict was right, the last one included; `undefined` when the last is wrong. */
  readonly rightAfterSeconds: number | undefined;
}

/** True when kind and leak flag are right. */
export function isRight({ kinds, leak }: Truth, { verdict }: Diagnosis): boolean {
  return verdict.leak === leak && kinds.includes(verdict.kind);
}

/** Runs it to its end; kills it when it does not end in time. */
export async function runTruth(truth: Truth): Promise<TruthResult> {
  const file = fileURLToPath(new URL(truth.program, import.meta.url));
  const command = `node ${truth.program}`;
  const watch = await RemoteWatch.open({
    command,
    limit: { bytes: null, source: "none" },
    native: truth.native ?? false,
  });
  try {
    const child = spawn(process.execPath, [...(truth.nodeArguments ?? []), file, String(truth.seconds)], {
      env: watch.environment(cleanEnvironment()),
      stdio: ["ignore", "ignore", "inherit"],
      timeout: (truth.seconds + 30) * 1000,
      killSignal: "SIGKILL",
    });
    const exited = once(child, "exit");
    await once(child, "spawn");
    if (child.pid !== undefined) watch.attachRoot(child.pid);
    const startMs = Date.now();
    const course: { seconds: number; diagnosis: Diagnosis }[] = [];
    const timer = setInterval(() => {
      course.push({ seconds: (Date.now() - startMs) / 1000, diagnosis: diagnose(watch.recording, { ended: false }) });
    }, 1_000);
    await exited;
    clearInterval(timer);
    await watch.settle(2_000);
    const { recording } = watch;
    const final = diagnose(recording, { ended: true });
    return { truth, course, final, recording, rightAfterSeconds: rightAfter(truth, course, final) };
  } finally {
    await watch.close();
  }
}

function rightAfter(truth: Truth, course: TruthResult["course"], final: Diagnosis): number | undefined {
  if (!isRight(truth, final)) return undefined;
  const lastWrong = course.findLastIndex(({ diagnosis }) => !isRight(truth, diagnosis));
  return course[lastWrong + 1]?.seconds ?? truth.seconds;
}

/** The test runner's own switches would change what is measured. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _options, NODE_V8_COVERAGE: _coverage, VITEST: _vitest, ...rest } = process.env;
  return rest;
}

/** Runs tasks, so many at a time; results in the order of the tasks. */
export async function inParallel<T, R>(tasks: readonly T[], limit: number, run: (task: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < tasks.length; index = next++) {
      const task = tasks[index];
      if (task !== undefined) results[index] = await run(task);
    }
  };
  await Promise.all(Array.from({ length: limit }, work));
  return results;
}
