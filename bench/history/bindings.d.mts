/** The types of bindings.mjs, which a measured process loads as it is: without a loader of types that would take memory itself. */
export const BINDINGS: number;
export const NAMES: readonly string[];
export function bindingOf(step: number): number;
export function valueOf(step: number): number | string | boolean;
export function firstValues(): number[];
