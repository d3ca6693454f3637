/** What a test is told about a leak: what grew, by how much and how surely, after how many calls, who holds it, what to do next. */
import { formatBytes } from "../base/bytes.ts";
import type { Leak, LeakReport } from "./measure-leaks.ts";

/** A report in words; the first line is the verdict. */
export function describeLeaks(report: LeakReport): string {
  const { leaks, calls, warmup, rounds, detectableBytes, holders, classes } = report;
  const measured = `${calls} calls, the first ${warmup} as warm-up, ${rounds} rounds with a full collection after each`;
  if (leaks.length === 0)
    return `Nothing grew with the calls (${measured}; ${Math.ceil(detectableBytes)} B of heap a call would show).`;
  return [
    `The function leaks: ${leaks.map(describeLeak).join(", ")}.`,
    `Measured over ${measured}.`,
    ...(classes.length > 0 ? [`More objects: ${classes.join(", ")}.`] : []),
    ...(holders.length > 0 ? [`Held by: ${holders.join("; ")}.`] : []),
    nextStep(report),
  ].join("\n");
}

function describeLeak({ what, unit, perCall, uncertainty }: Leak): string {
  if (unit === "bytes") return `${what} +${formatBytes(perCall)} ± ${formatBytes(uncertainty)} a call`;
  return `${what} +${round(perCall)} ± ${round(uncertainty)} a call`;
}

function round(pieces: number): number {
  return Math.round(pieces * 100) / 100;
}

function nextStep({ leaks, holders, calls }: LeakReport): string {
  const handle = leaks.find(({ what }) => what.endsWith(" handles"));
  if (handle) return `Next: close, end or clear what the function opens (${handle.what}) before it returns.`;
  if (leaks.some(({ what }) => what === "listeners of process"))
    return "Next: remove each listener of process that the function adds.";
  if (leaks.some(({ what }) => what === "values owned by scopes"))
    return "Next: run the function in a scope, or release what it creates.";
  const cache = `If it is a cache that takes more than ${calls} calls to fill, fill it first or set warmup.`;
  if (holders.length > 0) return `Next: remove what the function adds there, or bound it. ${cache}`;
  return `Next: look for a collection, listener or closure outside of the function that each call adds to. ${cache}`;
}
