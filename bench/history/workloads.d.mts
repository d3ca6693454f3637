/** The types of workloads.mjs, which a measured process loads as it is: without a loader of types that would take memory itself. */

/** What a step changes. */
export interface Edit {
  readonly path: readonly string[];
  readonly value: unknown;
}

/** One kind of state: how to make it, and how its steps change it. */
export interface Workload {
  readonly title: string;
  /** The state of the first step. */
  readonly make: () => object;
  /** What a later step changes. */
  readonly edit: (step: number) => Edit;
}

export const bindings: Workload;
export const record: Workload;
export const nested: Workload;
export function change(state: object, edit: Edit): void;
export function isSame(one: unknown, other: unknown): boolean;
export function workloadOf(name: string): Workload;
