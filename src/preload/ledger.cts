/**
 * From a report of the program's own ledger (`plimsoll/scope`) to a message: how many values live, and which places
 * made most of them. The report may come from any version of the library: what does not look like one is passed
 * over. Bounded, and without anything of the values; loaded with the first report.
 */
import type { CodeLocation, LedgerMessage, OwnedPlace, OwnedTotal } from "../base/wire.ts" with {
  "resolution-mode": "import",
};

const { fileURLToPath } = require("node:url") as typeof import("node:url");

const MAX_ROWS = 20;
const MAX_PATH = 1000;
const MAX_NAME = 120;
/** `step (file:///srv/model.ts:12:7)`, or the place alone. */
const FRAME = /^(?:(.*?) \()?((?:[^()]|\([^()]*\))+?):(\d+):(\d+)\)?$/;

/** A module's own code and a function without a name look alike in a module of the language's own kind. */
const NAMELESS: Readonly<Record<string, string | undefined>> = {
  "": "(anonymous)",
  "<anonymous>": "(anonymous)",
  "Object.<anonymous>": "(module)",
};

type Row = Readonly<Record<string, unknown>>;

/**
 * Sums a report up.
 *
 * @param report - what was published on `plimsoll:ledger:report`.
 * @param timeMs - now.
 * @returns `undefined` when it is none, or no library was adopted.
 */
function summarizeLedger(report: unknown, timeMs: number): LedgerMessage | undefined {
  const rows = listOf(report, "rows");
  if (rows.length === 0) return undefined;
  const totals = rows.map((row): OwnedTotal => ({
    name: nameOf(row),
    live: count(row["live"]),
    created: count(row["created"]),
    ...bytesOf(row),
  }));
  const places = rows.flatMap((row) => listOf(row, "sites").map((site) => toPlace(nameOf(row), site, timeMs)));
  return {
    type: "ledger",
    timeMs,
    totals: totals.sort((a, b) => b.live - a.live).slice(0, MAX_ROWS),
    places: places.sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0) || b.live - a.live).slice(0, MAX_ROWS),
  };
}

function toPlace(name: string, site: Row, timeMs: number): OwnedPlace {
  const where = locate(site["place"]);
  const sinceMs = timeMs - count(site["oldestMs"]);
  return { name, live: count(site["live"]), sinceMs, ...bytesOf(site), ...(where === undefined ? {} : { where }) };
}

/** Code that was given as text has no place, and a URL may hold anything behind its path. */
function locate(frame: unknown): CodeLocation | undefined {
  if (typeof frame !== "string" || frame.length > 4 * MAX_PATH || frame.includes("eval at ")) return undefined;
  const [, caller, script = "", line, column] = FRAME.exec(frame) ?? [];
  const file = toPath(script.replace(/^async /, ""));
  if (file === undefined) return undefined;
  const name = (caller ?? "").replace(/^(?:async |new )+/, "").replace(/ \[as [^\]]*\]$/, "");
  return {
    function: NAMELESS[name] ?? name.slice(0, MAX_NAME),
    file,
    line: Number(line),
    column: Number(column),
  };
}

function toPath(script: string): string | undefined {
  const url = /^[a-z][a-z0-9+.-]+:/i.test(script) ? script.replace(/[?#].*$/s, "") : script;
  if (url === "" || url === "<anonymous>" || url.length > MAX_PATH || /^(?:data|blob):/.test(url)) return undefined;
  if (!url.startsWith("file:")) return url;
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}

function listOf(holder: unknown, key: string): readonly Row[] {
  if (typeof holder !== "object" || holder === null) return [];
  const list: unknown = (holder as Row)[key];
  return Array.isArray(list) ? list.filter((one): one is Row => typeof one === "object" && one !== null) : [];
}

/** An adapter may be called anything: only what looks like a name travels. */
function nameOf({ name }: Row): string {
  return typeof name === "string" && /^[\w$@./ -]{1,60}$/.test(name) ? name : "values";
}

function bytesOf({ bytes }: Row): { bytes?: number } {
  return typeof bytes === "number" && Number.isFinite(bytes) ? { bytes: Math.round(bytes) } : {};
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? Math.max(0, Math.round(value)) : 0;
}

export type { summarizeLedger };
module.exports = { summarizeLedger };
