/**
 * Reads what preloads send: lines of JSON out of a byte stream, in bounded memory, and each line
 * checked before it is believed. What is no message is dropped.
 */
import type { AllocationSite, CodeLocation, CollectionRecord, PreloadMessage } from "../../base/wire.ts";

/** A profile of 200 sites with long paths stays below 1 MB. */
const MAX_LINE_CHARS = 8 << 20;
const MAX_LIST = 1000;

/** Cuts a stream into lines. */
export class LineSplitter {
  #parts: string[] = [];
  #length = 0;

  /**
   * Takes the next chunk.
   *
   * @returns the lines that it completes, or `undefined` when a line is longer than 8 MB: nothing of ours.
   */
  push(chunk: string): string[] | undefined {
    const lines = chunk.split("\n");
    const rest = lines.pop() ?? "";
    if (lines.length > 0) {
      lines[0] = this.#parts.join("") + (lines[0] ?? "");
      this.#parts = [];
      this.#length = 0;
    }
    this.#length += rest.length;
    if (rest !== "") this.#parts.push(rest);
    return this.#length > MAX_LINE_CHARS ? undefined : lines;
  }
}

const NUMBERS: Readonly<Record<PreloadMessage["type"], readonly string[]>> = {
  hello: ["pid", "parentPid", "threadId", "heapLimitBytes", "timeMs", "preloadMs"],
  sample: [
    ...["timeMs", "rssBytes", "heapUsedBytes", "heapTotalBytes", "externalBytes", "arrayBuffersBytes"],
    ...["mallocedBytes", "requests", "cpuMs", "ownCpuMs"],
  ],
  collections: ["minorCount", "totalPauseMs", "observedMs"],
  profile: ["timeMs", "sinceMs", "samplingIntervalBytes", "totalBytes"],
  heap: ["timeMs", "mallocedBytes", "nativeContexts", "detachedContexts", "globalHandlesBytes"],
  allocator: ["timeMs"],
  experiment: ["id", "timeMs", "pauseMs"],
  capture: ["id", "timeMs", "pauseMs"],
  ledger: ["timeMs"],
  bye: ["timeMs", "code"],
  worker: ["timeMs", "threadId"],
  fatal: ["timeMs"],
  trouble: ["timeMs"],
};

/** Reads one line; `undefined` when it is no whole message. */
export function parseMessage(line: string): PreloadMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || typeof value["type"] !== "string" || !Object.hasOwn(NUMBERS, value["type"])) return undefined;
  // The shape is checked below, field by field.
  const message = value as unknown as PreloadMessage;
  if (!hasNumbers(value, NUMBERS[message.type])) return undefined;
  switch (message.type) {
    case "hello":
      return typeof message.node === "string" && typeof message.script === "string" ? message : undefined;
    case "sample":
      return message.turnMs === undefined || Number.isFinite(message.turnMs) ? message : undefined;
    case "collections":
      return isListOf(message.majors, isCollection) ? message : undefined;
    case "profile":
      return isCollection(message.collection) && isListOf(message.sites, isSite) ? message : undefined;
    case "heap":
      return isHeap(value) ? message : undefined;
    case "allocator":
      return isAllocator(value) ? message : undefined;
    case "experiment":
      return isExperiment(value) ? message : undefined;
    case "capture":
      return isCapture(value) ? message : undefined;
    case "ledger":
      return isLedger(value) ? message : undefined;
    case "fatal":
      return isFatal(value) ? message : undefined;
    case "trouble":
      return typeof message.what === "string" ? { ...message, what: message.what.slice(0, 500) } : undefined;
    default:
      return message;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function hasNumbers(value: Record<string, unknown>, names: readonly string[]): boolean {
  return names.every((name) => Number.isFinite(value[name]));
}

function isListOf<T>(value: unknown, isOne: (one: unknown) => one is T): value is T[] {
  return Array.isArray(value) && value.length <= MAX_LIST && value.every(isOne);
}

function isCollection(value: unknown): value is CollectionRecord {
  return isRecord(value) && hasNumbers(value, ["timeMs", "usedBytes", "externalBytes", "pauseMs"]);
}

const SPACE = ["usedBytes", "sizeBytes"];
const CODE = ["codeBytes", "bytecodeBytes", "externalSourceBytes"];
const ACCOUNT = ["timeMs", "rssBytes", "arenaBytes", "usedBytes", "freeBytes", "mmappedBytes", "mmappedCount"];
const READING = ["rssBytes", "heapUsedBytes", "heapTotalBytes", "externalBytes", "arrayBuffersBytes"];

function isHeap({ spaces, code, modules }: Record<string, unknown>): boolean {
  if (modules !== undefined && !Number.isFinite(modules)) return false;
  const isSpace = (one: unknown): one is object => hasAll(one, SPACE) && isShort((one as { name?: unknown }).name);
  return isListOf(spaces, isSpace) && (code === undefined || hasAll(code, CODE));
}

function isAllocator({ account, reason, loaded }: Record<string, unknown>): boolean {
  if (loaded !== undefined && !hasAll(loaded, ["rssBytes", "ms"])) return false;
  return account === undefined ? isShort(reason) : hasAll(account, ACCOUNT);
}

function isExperiment({ name, before, after, collected, reason }: Record<string, unknown>): boolean {
  if (name !== "collect" && name !== "turn" && name !== "trim") return false;
  if (collected !== undefined && !hasAll(collected, READING)) return false;
  return before === undefined ? isShort(reason) : hasAll(before, READING) && hasAll(after, READING);
}

function isCapture({ spaces, usedBytes, census, reason }: Record<string, unknown>): boolean {
  const isSpace = (one: unknown): one is object => hasAll(one, SPACE) && isShort((one as { name?: unknown }).name);
  const isCensus = (one: unknown): one is object =>
    hasAll(one, ["count", "entries"]) &&
    isShort((one as { name?: unknown }).name) &&
    isListOf((one as { largest?: unknown }).largest, (size): size is number => Number.isFinite(size));
  return (
    (spaces === undefined || isListOf(spaces, isSpace)) &&
    (usedBytes === undefined || Number.isFinite(usedBytes)) &&
    (census === undefined || isListOf(census, isCensus)) &&
    (reason === undefined || isShort(reason))
  );
}

const MAX_OWNED = 20;

function isLedger({ totals, places }: Record<string, unknown>): boolean {
  const isOwned = (one: unknown, names: readonly string[]): boolean =>
    isRecord(one) && hasNumbers(one, names) && isShort(one["name"]) && isNumberOrAbsent(one["bytes"]);
  const isTotal = (one: unknown): one is object => isOwned(one, ["live", "created"]);
  const isPlace = (one: unknown): one is object =>
    isOwned(one, ["live", "sinceMs"]) && isLocationOrAbsent((one as { where?: unknown }).where);
  return (
    isListOf(totals, isTotal) && isListOf(places, isPlace) && totals.length <= MAX_OWNED && places.length <= MAX_OWNED
  );
}

function isNumberOrAbsent(value: unknown): boolean {
  return value === undefined || Number.isFinite(value);
}

function isLocationOrAbsent(value: unknown): boolean {
  return value === undefined || isLocation(value);
}

function hasAll(value: unknown, names: readonly string[]): boolean {
  return isRecord(value) && hasNumbers(value, names);
}

function isShort(text: unknown): boolean {
  return typeof text === "string" && text.length <= 500;
}

/** Names only: an error may be called anything. */
function isFatal({ name, code, workerId }: Record<string, unknown>): boolean {
  const isName = (text: unknown): boolean => typeof text === "string" && /^[\w$]{1,60}$/.test(text);
  return isName(name) && (code === undefined || isName(code)) && (workerId === undefined || Number.isFinite(workerId));
}

function isLocation(value: unknown): value is CodeLocation {
  if (!isRecord(value) || !hasNumbers(value, ["line", "column"])) return false;
  return typeof value["function"] === "string" && typeof value["file"] === "string";
}

function isSite(value: unknown): value is AllocationSite {
  if (!isRecord(value) || !hasNumbers(value, ["bytes", "count", "viaNodeBytes"])) return false;
  return isLocation(value["where"]) && isListOf(value["callers"], isLocation);
}
