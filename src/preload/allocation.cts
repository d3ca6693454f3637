/**
 * Which code allocated what still lives: V8's sampling heap profiler, through an inspector session of
 * this thread with itself (no port is opened). Reading it forces a collection.
 *
 * V8 bills an inlined function's allocations to its caller, so inlining is switched off on demand, and on again
 * as soon as the watcher knows enough: code without it may be several times slower. bench/inlining.bench.ts compares ways.
 */
import type { Session } from "node:inspector";
import type { SamplingProfile } from "./sites.cts";

const v8 = require("node:v8") as typeof import("node:v8");

const INLINING = ["turbo-inlining", "maglev-inlining"];
const PRECISE_PAUSE_MS = 60_000;

class Allocation {
  readonly #session: Session;
  #preciseAtMs = 0;

  /** Since when the present sampling runs; 0 when it does not. */
  sinceMs = 0;
  samplingIntervalBytes = 0;
  /** True when the present sampling began with inlining off. */
  precise = false;

  constructor() {
    const inspector = require("node:inspector") as typeof import("node:inspector");
    this.#session = new inspector.Session();
    this.#session.connect();
  }

  /** Begins to sample, one sample for each `intervalBytes` allocated on average. */
  start(intervalBytes: number): void {
    this.#post("HeapProfiler.startSampling", { samplingInterval: intervalBytes });
    this.sinceMs = Date.now();
    this.samplingIntervalBytes = intervalBytes;
  }

  /** Reads what lives now; V8 collects garbage first. */
  read(): SamplingProfile {
    const answer = this.#post("HeapProfiler.getSamplingProfile");
    return (answer as { profile: SamplingProfile }).profile;
  }

  /**
   * Starts anew with inlining off, at most once a minute.
   *
   * @returns false when the last time is too near.
   */
  restartPrecise(intervalBytes: number): boolean {
    const nowMs = Date.now();
    if (nowMs - this.#preciseAtMs < PRECISE_PAUSE_MS) return false;
    this.#preciseAtMs = nowMs;
    if (!this.precise) {
      for (const flag of INLINING) v8.setFlagsFromString(`--no-${flag}`);
      this.#deoptimize();
    }
    this.#restart(intervalBytes);
    this.precise = true;
    return true;
  }

  /**
   * Lets V8 inline again. The flags are the whole process's: a thread that was not precise itself may have been
   * compiled without inlining meanwhile, and only throws that code away.
   */
  relax(intervalBytes: number, forgetsCode: boolean): void {
    // What the user has switched off himself stays off.
    for (const flag of INLINING) if (!this.#isOffForGood(flag)) v8.setFlagsFromString(`--${flag}`);
    if (forgetsCode) this.#deoptimize();
    if (this.precise) this.#restart(intervalBytes);
    this.precise = false;
  }

  /** A connected session makes V8 keep the arguments of the last 1,000 console calls: let go of them. */
  forgetConsole(): void {
    this.#post("Runtime.discardConsoleEntries");
  }

  /** Ends sampling and the session. */
  stop(): void {
    this.#session.disconnect();
    this.sinceMs = 0;
  }

  #restart(intervalBytes: number): void {
    this.#post("HeapProfiler.stopSampling");
    this.start(intervalBytes);
  }

  #isOffForGood(flag: string): boolean {
    return process.execArgv.some((given) => given.replaceAll("_", "-") === `--no-${flag}`);
  }

  /** Throws all optimised code away: V8 does so when call counting begins, and the flags hold for what it compiles next. */
  #deoptimize(): void {
    // The detour would end a coverage run of the user's: then only code compiled later is as wished.
    if ("NODE_V8_COVERAGE" in process.env || "__vitest_worker__" in globalThis) return;
    this.#post("Profiler.enable");
    this.#post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
    this.#post("Profiler.stopPreciseCoverage");
    this.#post("Profiler.disable");
  }

  /** In-process sessions answer before `post` returns. */
  #post(method: string, params: object = {}): unknown {
    let failure: unknown;
    let answer: unknown;
    this.#session.post(method, params, (error, result) => {
      failure = error;
      answer = result;
    });
    if (failure) throw new Error(`${method}: ${(failure as Error).message}`);
    return answer;
  }
}

export type { Allocation };
module.exports = { Allocation };
