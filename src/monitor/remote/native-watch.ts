/**
 * Looks at the memory that V8 does not count, process by process and only as often as it is worth: regions from
 * outside, glibc's account by asking the program. One reading a tick, all readings together below 0.5 % of the
 * watcher's time: their cost grows with what is watched.
 */
import { createRequire } from "node:module";
import type { AllocatorMessage, WatcherRequest } from "../../base/wire.ts";
import { reasonWithoutGlibc } from "../../probe/allocator.ts";
import { isNodeProcess } from "../../probe/process.ts";
import { readSystemText } from "../../probe/system-files.ts";
import { DemandSchedule } from "./demand-schedule.ts";
import { EvenSeries } from "./even-series.ts";
import type { WatchedProcess } from "./process-table.ts";
import type { AllocatorSample, ProcessRecording, Recording, RegionSample } from "./recording.ts";
import { readRegionSample } from "./region-sample.ts";

/** Sends a request to a process's main thread; false when that is not connected. */
export type AskMain = (watched: WatchedProcess, request: WatcherRequest) => boolean;

interface State {
  readonly regions: DemandSchedule;
  readonly allocator: DemandSchedule;
  readonly regionSeries: EvenSeries<RegionSample>;
  readonly accounts: EvenSeries<AllocatorSample>;
  readonly isNode: boolean;
  /** What the account is asked by; `undefined` where it cannot be had, and the recording says why. */
  koffi?: string | undefined;
  hasLooked: boolean;
  askedAtMs: number;
  /** True when koffi is in the program only because it was asked. */
  hasOurKoffi: boolean;
}

const MB = 2 ** 20;
const KEPT_REGIONS = 40;
const KEPT_ACCOUNTS = 120;
const KOFFI = /\bkoffi\.node$/m;
const ANSWER_DEADLINE_MS = 30_000;

/** Reads what is due, and keeps it in the recording. */
export class NativeWatch {
  readonly #recording: Recording;
  readonly #isAsked: boolean;
  readonly #states = new WeakMap<WatchedProcess, State>();
  #restUntilMs = 0;

  /** @param isAsked - true to ask glibc of every program from the start on, not only when something grew. */
  constructor(recording: Recording, isAsked: boolean) {
    this.#recording = recording;
    this.#isAsked = isAsked;
  }

  /** Does what is due of the given processes, which live. */
  tick(nowMs: number, processes: readonly WatchedProcess[], ask: AskMain): void {
    for (const watched of processes) {
      const state = this.#stateOf(watched);
      if (!state.isNode) continue;
      const uncounted = uncountedBytes(watched.recording);
      if (state.regions.isDue(nowMs, uncounted) && nowMs >= this.#restUntilMs) this.readRegions(watched, nowMs);
      if (!state.allocator.isDue(nowMs, uncounted)) continue;
      if (nowMs - state.askedAtMs >= ANSWER_DEADLINE_MS) this.#askAllocator(watched, state, nowMs, ask);
    }
  }

  /** Reads the regions of a process now. */
  readRegions(watched: WatchedProcess, nowMs: number): RegionSample | undefined {
    const { recording } = watched;
    const state = this.#stateOf(watched);
    const began = performance.now();
    const outcome = readRegionSample(recording.pid, nowMs);
    const costMs = performance.now() - began;
    state.regions.done(nowMs, uncountedBytes(recording), costMs);
    this.#restUntilMs = state.regions.restUntilMs;
    if (typeof outcome === "string") {
      if (recording.regions === undefined) recording.regionsAbsence = outcome;
      return undefined;
    }
    state.regionSeries.push(outcome.sample);
    recording.regions = state.regionSeries.items;
    delete recording.regionsAbsence;
    recording.modules = outcome.modules.filter(({ path }) => !state.hasOurKoffi || !KOFFI.test(path));
    return outcome.sample;
  }

  /** Takes a program's answer. */
  add(watched: WatchedProcess, { account, reason, loaded }: AllocatorMessage, nowMs: number): void {
    const { recording } = watched;
    const state = this.#stateOf(watched);
    state.askedAtMs = Number.NEGATIVE_INFINITY;
    state.allocator.done(nowMs, uncountedBytes(recording), 0);
    const { own } = this.#recording;
    if (loaded !== undefined) own.inTargetRssBytes = (own.inTargetRssBytes ?? 0) + loaded.rssBytes;
    if (account === undefined) {
      recording.allocatorAbsence = reason ?? "the program does not say why";
      state.koffi = undefined;
      return;
    }
    delete recording.allocatorAbsence;
    state.accounts.push(account);
    recording.allocator = state.accounts.items;
  }

  /** Absolute path of koffi's entry for a process that can use it; else the reason why not. */
  findKoffi(watched: WatchedProcess): { readonly path: string } | { readonly reason: string } {
    const maps = readSystemText(`proc/${watched.recording.pid}/maps`);
    const reason = reasonWithoutGlibc(maps);
    if (reason !== undefined) return { reason };
    try {
      this.#stateOf(watched).hasOurKoffi ||= !KOFFI.test(maps ?? "");
      return { path: createRequire(import.meta.url).resolve("koffi") };
    } catch {
      return { reason: "the optional package koffi, which calls glibc, is not installed: npm install koffi" };
    }
  }

  #askAllocator(watched: WatchedProcess, state: State, nowMs: number, ask: AskMain): void {
    const { recording } = watched;
    if (!recording.observed) return;
    if (!state.hasLooked) {
      state.hasLooked = true;
      const found = this.findKoffi(watched);
      if ("path" in found) state.koffi = found.path;
      else recording.allocatorAbsence = found.reason;
    }
    if (state.koffi === undefined) return;
    state.askedAtMs = nowMs;
    if (!ask(watched, { type: "allocator", koffi: state.koffi })) return;
    if (recording.allocator === undefined) recording.allocatorAbsence = "the program has not answered yet";
  }

  #stateOf(watched: WatchedProcess): State {
    const known = this.#states.get(watched);
    if (known !== undefined) return known;
    const { pid, startedAtMs, observed } = watched.recording;
    const state: State = {
      regions: new DemandSchedule(startedAtMs, {
        firstMs: 4000,
        leastMs: 5000,
        mostMs: 300_000,
        growthBytes: 8 * MB,
      }),
      allocator: new DemandSchedule(startedAtMs, {
        ...(this.#isAsked ? { firstMs: 2000 } : {}),
        leastMs: 3000,
        mostMs: 60_000,
        growthBytes: 6 * MB,
      }),
      regionSeries: new EvenSeries(KEPT_REGIONS),
      accounts: new EvenSeries(KEPT_ACCOUNTS),
      isNode: observed || isNodeProcess(pid),
      hasLooked: false,
      hasOurKoffi: false,
      askedAtMs: Number.NEGATIVE_INFINITY,
    };
    // Judged too early, a process may still be the shell that becomes Node.
    if (state.isNode) this.#states.set(watched, state);
    return state;
  }
}

/** Resident memory that no observed V8 heap, nor what V8 counts beside it, explains. */
export function uncountedBytes(recording: ProcessRecording): number {
  let bytes = recording.resident.at(-1)?.rssBytes ?? 0;
  for (const { endedAtMs, samples } of recording.threads) {
    const sample = samples.at(-1);
    if (endedAtMs === undefined && sample !== undefined) bytes -= sample.heapTotalBytes + sample.externalBytes;
  }
  return Math.max(0, bytes);
}
