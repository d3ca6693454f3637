/** What the budget benchmarks run: loads by limits, with the memory that each process has and the fixed numbers to beat. */

/** Sizes and waits of a load; see case.mjs. */
export interface Shape {
  /** Megabytes of a task. */
  readonly least: number;
  readonly most: number;
  /** Shape of a Pareto distribution. Default: uniform. */
  readonly tail?: number;
  /** Sizes of the kinds, in megabytes, drawn evenly. Default: one kind. */
  readonly kinds?: readonly number[];
  readonly heapRatio: number;
  readonly waitMs: readonly [number, number];
  /** Steps in which a task takes its memory, evenly over its time. Default: all when it starts. */
  readonly steps?: number;
}

/** One load under one limit. */
export interface Cell {
  readonly name: string;
  readonly oldSpaceMb: number;
  /** A real memory cgroup around the process. Default: none. */
  readonly cgroupMb?: number;
  readonly shape: Shape;
  /** Fixed numbers at once, rising: those that survive all runs are to be beaten. */
  readonly fixed: readonly number[];
}

/**
 * Each limit with its unit: tasks take 1 to 20 units of a megabyte. The waits are as short as one processor can fill that memory in;
 * longer ones would show the same, later.
 */
const LIMITS = [
  { limitMb: 128, unit: 0.25, waitMs: [50, 150], waitInsideMs: [30, 110] },
  { limitMb: 512, unit: 0.5, waitMs: [100, 450], waitInsideMs: [50, 250] },
  { limitMb: 2048, unit: 1, waitMs: [600, 1800], waitInsideMs: [300, 900] },
] as const;
/** Shares of what fits on average at which a fixed number might survive. */
const SHARES = [0.5, 0.57, 0.64, 0.71, 0.78, 0.85, 0.92, 0.99] as const;
/** The same where a few tasks are many times as large as the others. */
const SHARES_TAIL = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const;
/** The same where a cgroup kills: V8 lets 64 MB of dead Buffers and more lie before it collects. */
const SHARES_INSIDE = [0.2, 0.3, 0.4, 0.5, 0.6, 0.75, 0.9] as const;
/** Of a process before any task: code, stacks, V8 itself. */
const BASE_MB = 50;

/** All cells. */
export const CELLS: readonly Cell[] = LIMITS.flatMap(({ limitMb, unit, waitMs, waitInsideMs }) => {
  const even = { least: unit, most: 20 * unit, waitMs };
  const evenInside = { ...even, waitMs: waitInsideMs };
  const tail = { least: 2 * unit, most: 120 * unit, tail: 1.5, waitMs };
  const meanMb = 10.5 * unit;
  const cell = (name: string, shape: Shape, usableMb: number, perTaskMb: number, limits: Partial<Cell>): Cell => ({
    name: `${name}, ${limitMb} MB`,
    oldSpaceMb: limitMb,
    shape,
    fixed: [
      ...new Set(
        (limits.cgroupMb ? SHARES_INSIDE : shape.tail ? SHARES_TAIL : SHARES).map((share) =>
          Math.max(1, Math.floor((share * usableMb) / perTaskMb)),
        ),
      ),
    ],
    ...limits,
  });
  const inside = { oldSpaceMb: limitMb, cgroupMb: limitMb };
  return [
    cell("heap", { ...even, heapRatio: 0.8 }, limitMb, 0.8 * meanMb, {}),
    cell("buffers", { ...evenInside, heapRatio: 0.02 }, limitMb - BASE_MB, meanMb, inside),
    cell("mixed", { ...evenInside, heapRatio: 0.5 }, limitMb - BASE_MB, meanMb, inside),
    cell("heavy tail", { ...tail, heapRatio: 0.8 }, limitMb, 0.8 * 5.5 * unit, {}),
  ];
});

/** Kinds of known sizes, for what is learned of each. */
export const KINDS_CELL: Cell = {
  name: "kinds of 1, 5 and 12 MB, 512 MB",
  oldSpaceMb: 512,
  shape: { least: 1, most: 12, kinds: [1, 5, 12], heapRatio: 0.8, waitMs: [100, 500] },
  fixed: [],
};

/** Buffers that come late: holding tasks back does not stop those that run from taking more. */
export const LATE_CELL: Cell = {
  name: "buffers that come late, 512 MB",
  oldSpaceMb: 512,
  cgroupMb: 512,
  shape: { least: 0.5, most: 10, heapRatio: 0.02, waitMs: [50, 250], steps: 8 },
  fixed: [],
};
