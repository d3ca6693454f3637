/**
 * How a guard works and what it tells: options, all with a default, the actions that it is given, and what each of
 * them brought.
 */
import type { SizeInput } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import type { MemorySizes, MemorySource } from "../monitor/sample.ts";
import type { BreakerOptions, BreakerState } from "./circuit-breaker.ts";
import type { GuardLines, NearestLine } from "./guard-lines.ts";
import type { GuardLevel } from "./guard-machine.ts";

/** How a guard works. */
export interface GuardOptions {
  /** Where shedding begins. Default: `{ resident: "80%", heap: "80%" }`. */
  readonly soft?: GuardLines;
  /** Where draining begins. Default: `{ resident: "92%", heap: "92%" }`. */
  readonly hard?: GuardLines;
  /** Soft lines also count when they are expected to be reached within this time, in milliseconds. 0: never. Default: 10,000. */
  readonly forecastMs?: number;
  /** How far use must fall below a soft line to be clear again, as a share of it. Default: 0.05. */
  readonly hysteresisRatio?: number;
  /** Between two rounds of shedding, in milliseconds. Default: 5,000. */
  readonly coolDownMs?: number;
  /** Between two readings, in milliseconds. Default: 100. */
  readonly intervalMs?: number;
  /** How long draining may take, in milliseconds. Default: 10,000. */
  readonly drainMs?: number;
  /** What a shed action must free at least to have been worth it. Default: `1mb`. */
  readonly leastFreed?: SizeInput;
  /** When an action that fails or frees nothing is left out. */
  readonly breaker?: BreakerOptions;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Where readings come from. Default: this process and this thread's heap. */
  readonly source?: MemorySource;
}

/** What an action is told. */
export interface GuardPressure {
  /** How serious it is. */
  readonly level: GuardLevel;
  /** What is nearest to its line, and why this is asked. */
  readonly nearest: NearestLine;
}

/** Something that gives memory back. */
export interface ShedAction {
  /** In events. */
  readonly name: string;
  /** Higher goes first. Default: 0. */
  readonly priority?: number;
  /** How long it may take before it is left behind, in milliseconds. Default: 5,000. */
  readonly timeoutMs?: number;
  /** True when what it does shows only later, such as lower caps: it is not judged by what it frees at once. Default: false. */
  readonly isLasting?: boolean;
  /** Gives memory back; the signal aborts when it has taken too long. */
  shed(pressure: GuardPressure, signal: AbortSignal): unknown;
  /** Called when memory is clear again. */
  restore?(): unknown;
}

/** Something that ends intake and finishes what is in flight. */
export interface DrainAction {
  /** In events. */
  readonly name: string;
  /** Resolves when nothing of it is in flight any more. */
  drain(deadlineMs: number): unknown;
}

/** What an action did. */
export interface ActionReport {
  /** Of the action. */
  readonly name: string;
  /** What was asked of it. */
  readonly kind: "shed" | "restore" | "drain";
  /** `skipped`: its breaker is open, or it still runs from an earlier time. */
  readonly outcome: "done" | "failed" | "timed-out" | "skipped";
  /** How long it took, or was waited for. */
  readonly elapsedMs: number;
  /** Just before it. */
  readonly before: MemorySizes;
  /** Just after it; the same when it was skipped. */
  readonly after: MemorySizes;
  /** Resident bytes that it brought; negative where memory grew meanwhile. */
  readonly freedBytes: number;
  /** Of its breaker, after it. */
  readonly breaker: BreakerState;
  /** Why it failed. */
  readonly error?: unknown;
}

/** The level changed. */
export interface GuardChange {
  /** Milliseconds since the Unix epoch. */
  readonly timeMs: number;
  /** Before. */
  readonly from: GuardLevel;
  /** Now. */
  readonly to: GuardLevel;
  /** The line that decided. */
  readonly nearest: NearestLine;
}

/** A drain has ended. */
export interface GuardDrained {
  /** Since the hard line was reached. */
  readonly elapsedMs: number;
  /** True when everything ended in time. */
  readonly inTime: boolean;
  /** True when a supervisor was asked for a replacement instead; it will order the drain. */
  readonly isHandedOver: boolean;
}

/** What a guard tells, by name; the same on channels `plimsoll:guard:<name>`. */
export interface GuardEvents {
  /** The level changed. */
  readonly change: GuardChange;
  /** An action has ended, or was skipped. */
  readonly action: ActionReport;
  /** The drain has ended, or was left to the supervisor. */
  readonly drained: GuardDrained;
}
