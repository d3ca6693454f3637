/**
 * What most programs can do for memory, ready to be given to a guard: let caches shrink, collect, have the allocator
 * give back what it keeps, and take in less for a while. In the order in which they hurt.
 */
import { createRequire } from "node:module";
import type * as Koffi from "koffi";
import { PlimsollError } from "../base/errors.ts";
import { collectGarbage } from "../probe/collector.ts";
import { reasonWithoutGlibc } from "../probe/allocator.ts";
import { readSystemText } from "../probe/system-files.ts";
import type { ShedAction } from "./guard-options.ts";

/** The part of a `MemoryBudget` that is used. */
export interface Cacheful {
  /** In events. */
  readonly name: string;
  /** Most bytes of all that is on it. */
  readonly limitBytes: number;
  /** Bytes that nobody holds. */
  headroom(): number;
  /** Takes bytes, for which those who can shrink do so; `undefined` when they do not fit even then. */
  tryReserve(bytes: number, name: string): { release(): void } | undefined;
}

/** The part of an `AdaptiveLimiter` that is used. */
export interface Pausable {
  /** In events. */
  readonly name: string;
  /** Begins nothing more until what it returns is disposed of. */
  pause(): Disposable;
}

const PRIORITY = { caches: 40, collect: 30, trim: 20, intake: 10 } as const;

/**
 * Asks those who share a `MemoryBudget`, such as bounded caches, to give back part of it.
 *
 * @param shareToFree - of the budget's limit, 0 to 1. Default: 0.5.
 */
export function shrinkBudget(budget: Cacheful, shareToFree = 0.5): ShedAction {
  return {
    name: `shrink ${budget.name}`,
    priority: PRIORITY.caches,
    // What was let go is free only after a collection.
    isLasting: true,
    shed() {
      const bytes = Math.floor(Math.min(budget.limitBytes, budget.headroom() + shareToFree * budget.limitBytes));
      // Room that must be made is made by those who can shrink.
      if (bytes >= 1) budget.tryReserve(bytes, "guard")?.release();
    },
  };
}

/** Collects all garbage; the thread stands still meanwhile, about 0.8 ms for each MB of living objects. */
export function collectNow(): ShedAction {
  return { name: "collect", priority: PRIORITY.collect, shed: () => collectGarbage() };
}

let trim: ((padBytes: number) => number) | undefined;

/**
 * Has glibc give back the free pages of all arenas (`malloc_trim`), about 5 ms a call. Fails where there is no glibc or
 * the optional package koffi is missing; its breaker then leaves it out.
 */
export function trimAllocator(): ShedAction {
  return {
    name: "trim the allocator",
    priority: PRIORITY.trim,
    shed() {
      trim ??= findTrim();
      trim(0);
    },
  };
}

/** Lets an `AdaptiveLimiter` start no further task until memory is clear again. */
export function pauseIntake(limiter: Pausable): ShedAction {
  let pause: Disposable | undefined;
  return {
    name: `pause ${limiter.name}`,
    priority: PRIORITY.intake,
    isLasting: true,
    shed() {
      pause ??= limiter.pause();
    },
    restore() {
      pause?.[Symbol.dispose]();
      pause = undefined;
    },
  };
}

function findTrim(): (padBytes: number) => number {
  const missing = reasonWithoutGlibc(readSystemText("proc/self/maps"));
  if (missing !== undefined) throw cannotTrim(missing);
  try {
    const koffi = createRequire(import.meta.url)("koffi") as typeof Koffi;
    return koffi.load("libc.so.6").func("malloc_trim", "int", ["size_t"]) as (padBytes: number) => number;
  } catch (cause) {
    throw cannotTrim("the optional package koffi, which calls glibc, cannot be loaded: npm install koffi", cause);
  }
}

function cannotTrim(reason: string, cause?: unknown): PlimsollError {
  return new PlimsollError("ERR_PLIMSOLL_MISSING_PEER", `The allocator cannot be trimmed: ${reason}.`, { cause });
}
