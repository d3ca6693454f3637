/** Distributions of tasks: what they hold, for how long, and how that changes while they run. Each is a function of a seed. */
import type { SimulatedTask } from "./machine.ts";

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Makes the tasks of one run. */
export type Distribution = (count: number, seed: number) => SimulatedTask[];

const MB = 2 ** 20;

interface Shape {
  /** Megabytes that the task holds. */
  readonly size: (random: () => number, index: number, count: number) => number;
  readonly waitMs: readonly [number, number];
  /** Share of the bytes that are buffers. */
  readonly externalRatio?: number;
  readonly cpuMsPerMb?: number;
  readonly steps?: number;
  readonly kind?: (megabytes: number) => string;
}

function make(shape: Shape): Distribution {
  const { size, waitMs, externalRatio = 0.2, cpuMsPerMb = 0.7, steps = 1, kind = () => "task" } = shape;
  return (count, seed) => {
    const random = randomFrom(seed);
    return Array.from({ length: count }, (_, index) => {
      const megabytes = size(random, index, count);
      return {
        kind: kind(megabytes),
        heapBytes: megabytes * (1 - externalRatio) * MB,
        externalBytes: megabytes * externalRatio * MB,
        garbageBytes: megabytes * 0.1 * MB,
        waitMs: waitMs[0] + (waitMs[1] - waitMs[0]) * random(),
        cpuMs: 0.2 + megabytes * cpuMsPerMb,
        steps,
      };
    });
  };
}

const uniform =
  (least: number, most: number) =>
  (random: () => number): number =>
    least + (most - least) * random();

/** Pareto with the given least value and shape, cut at `most`. */
const pareto =
  (least: number, shape: number, most: number) =>
  (random: () => number): number =>
    Math.min(most, least / (1 - random()) ** (1 / shape));

const SLOW = [200, 1000] as const;

/** By name. `limit` says how many megabytes they are made for: sizes scale with it. */
export function distributions(limitMb: number): Readonly<Record<string, Distribution>> {
  const unit = limitMb / 512;
  const even = uniform(unit, 20 * unit);
  return {
    slow: make({ size: even, waitMs: SLOW }),
    brief: make({ size: even, waitMs: [5, 50] }),
    buffers: make({ size: even, waitMs: SLOW, externalRatio: 0.98 }),
    mixed: make({ size: even, waitMs: SLOW, externalRatio: 0.5 }),
    "heavy tail": make({ size: pareto(2 * unit, 1.5, 120 * unit), waitMs: SLOW }),
    kinds: make({
      size: (random) => [1, 5, 12][Math.floor(random() * 3)] ?? 1,
      waitMs: SLOW,
      kind: (megabytes) => (megabytes < 2 ? "small" : megabytes < 8 ? "middle" : "large"),
    }),
    growing: make({ size: even, waitMs: SLOW, steps: 8 }),
    "growing buffers": make({ size: even, waitMs: SLOW, externalRatio: 0.9, steps: 8 }),
    drift: make({
      size: (random, index, count) => even(random) * (index < count / 2 ? 0.4 : 1.2),
      waitMs: SLOW,
    }),
  };
}
