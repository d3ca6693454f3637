/**
 * Whether an experiment may be made on a thread now: what is predicted to stop it for too long is refused, and
 * a trim needs koffi, which calls glibc.
 */
import type { ExperimentName } from "../../base/wire.ts";
import type { Connection } from "./connection.ts";
import { type NativeWatch, uncountedBytes } from "./native-watch.ts";
import { predictExperimentMs } from "./pause.ts";

/** Leave, with what the thread must be told; or why not. */
export type ExperimentPermit = { readonly koffi?: string } | { readonly reason: string };

/** Asks for leave. */
export function permitExperiment(
  connection: Connection,
  name: ExperimentName,
  maxPauseMs: number,
  native: NativeWatch,
): ExperimentPermit {
  const { process: watched, schedule, usedBytes } = connection;
  const collectMs = schedule.predictPauseMs(usedBytes);
  const pauseMs = predictExperimentMs(name, collectMs, uncountedBytes(watched.recording));
  if (pauseMs > maxPauseMs) {
    return { reason: `it may stop the thread for ${Math.round(pauseMs)} ms, more than ${maxPauseMs} ms` };
  }
  if (name !== "trim") return {};
  const found = native.findKoffi(watched);
  return "reason" in found ? found : { koffi: found.path };
}
