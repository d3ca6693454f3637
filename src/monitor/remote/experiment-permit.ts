/**
 * Whether an experiment may be made on a thread now: what is predicted to stop it for too long is refused, and
 * a trim needs koffi, which calls glibc.
 */
import type { ExperimentName } from "../../base/wire.ts";
import type { Connection } from "./connection.ts";
import { type NativeWatch, uncountedBytes } from "./native-watch.ts";
import { predictExperimentMs } from "./pause.ts";

/** Leave, with the longest pause that is expected and what the thread must be told; or why not. */
export type ExperimentPermit = { readonly predictedMs: number } & (
  | { readonly koffi?: string }
  | { readonly reason: string }
);

/** Asks for leave. */
export function permitExperiment(
  connection: Connection,
  name: ExperimentName,
  maxPauseMs: number,
  native: NativeWatch,
): ExperimentPermit {
  const { process: watched, schedule, usedBytes } = connection;
  const collectMs = schedule.boundPauseMs(usedBytes);
  const predictedMs = predictExperimentMs(name, collectMs, uncountedBytes(watched.recording));
  if (predictedMs > maxPauseMs) {
    const reason = `it may stop the thread for ${Math.round(predictedMs)} ms, more than ${maxPauseMs} ms`;
    return { predictedMs, reason };
  }
  if (name !== "trim") return { predictedMs };
  const found = native.findKoffi(watched);
  return "reason" in found ? { predictedMs, reason: found.reason } : { predictedMs, koffi: found.path };
}
