/**
 * Tells a report from any other JSON: a small structural check of what the renderers rely on, with
 * one clear error that names the path. The complete description is `report.schema.json`. Unknown keys
 * are let through: later versions may add some.
 */
import { PlimsollError } from "../../base/errors.ts";
import { VERDICT_KINDS } from "../finding.ts";
import type { Report } from "./report.ts";

type Shape = (value: unknown, path: string) => void;

const text: Shape = (value, path) => expect(typeof value === "string", path, "text", value);
const flag: Shape = (value, path) => expect(typeof value === "boolean", path, "true or false", value);
const number: Shape = (value, path) => expect(Number.isFinite(value), path, "a number", value);
const numberOrNull: Shape = (value, path) =>
  expect(value === null || Number.isFinite(value), path, "a number or null", value);
const textOrNull: Shape = (value, path) =>
  expect(value === null || typeof value === "string", path, "text or null", value);
const kind: Shape = (value, path) =>
  expect(
    VERDICT_KINDS.some((known) => known === value),
    path,
    `one of ${VERDICT_KINDS.join(", ")}`,
    value,
  );

function list(item: Shape): Shape {
  return (value, path) => {
    if (!Array.isArray(value)) return expect(false, path, "a list", value);
    value.forEach((entry: unknown, index) => item(entry, `${path}[${index}]`));
  };
}

function record(required: Readonly<Record<string, Shape>>, optional: Readonly<Record<string, Shape>> = {}): Shape {
  return (value, path) => {
    if (!isObject(value)) return expect(false, path, "an object", value);
    for (const [key, shape] of Object.entries(required)) shape(value[key], path === "" ? key : `${path}.${key}`);
    for (const [key, shape] of Object.entries(optional)) {
      if (value[key] !== undefined) shape(value[key], path === "" ? key : `${path}.${key}`);
    }
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const series: Shape = (value, path) => {
  const columns = ["rssBytes", "heapUsedBytes", "heapTotalBytes", "externalBytes", "arrayBufferBytes"];
  record({ seconds: list(number), ...Object.fromEntries(columns.map((name) => [name, list(numberOrNull)])) })(
    value,
    path,
  );
  if (!isObject(value)) return;
  const lengths = ["seconds", ...columns].map((name) => (Array.isArray(value[name]) ? value[name].length : 0));
  expect(new Set(lengths).size === 1, path, "columns of equal length", lengths.join(", "));
};

const place = record({ file: text, line: number, function: text }, { inlinedInto: text });
const growth = list(
  record(
    { what: text, kind, bytesPerSecond: number, bytes: number, count: number },
    { bytesPerRequest: number, where: place, callers: list(place), holder: text },
  ),
);
const verdict = record({
  kind,
  leak: flag,
  confidence: number,
  sentence: text,
  evidence: list(text),
  ruledOut: list(record({ kind, why: text })),
  next: list(text),
  wouldChange: text,
});
const floors = list(record({ seconds: number, usedBytes: number, forced: flag }));
const report = record(
  {
    schema: (value, path) => expect(value === "plimsoll.report/1", path, '"plimsoll.report/1"', value),
    version: text,
    command: text,
    startedAt: text,
    seconds: number,
    platform: record({ os: text, arch: text }, { node: text }),
    verdict,
    growth,
    limit: record({ bytes: numberOrNull, source: text }),
    peak: record({
      rssBytes: number,
      heapUsedBytes: number,
      externalBytes: number,
      arrayBufferBytes: number,
      nativeBytes: number,
    }),
    exit: record(
      { code: numberOrNull, signal: textOrNull, cause: text },
      {
        kind: text,
        outOfMemory: flag,
        waterline: record(
          { rssBytes: number, secondsBefore: number, processes: number },
          {
            grownBytes: number,
            inside: record({
              secondsBefore: number,
              heapUsedBytes: number,
              externalBytes: number,
              arrayBufferBytes: number,
            }),
          },
        ),
        suspects: list(record({ what: text, bytes: number }, { where: place })),
      },
    ),
    own: record({ cpuMs: number, rssBytes: number, inTargetCpuMs: number }),
    samples: series,
    floors,
    processes: list(
      record(
        {
          pid: number,
          name: text,
          observed: flag,
          peakRssBytes: number,
          verdict,
          growth,
          samples: series,
          floors,
        },
        {
          thread: number,
          parentPid: number,
          node: text,
          startedSeconds: number,
          endedSeconds: number,
          peakHeapUsedBytes: number,
          heapLimitBytes: number,
          death: text,
        },
      ),
    ),
    unknown: list(text),
  },
  {
    secondsToLimit: number,
    subject: record({ pid: number, name: text }, { thread: number }),
    requests: record({ count: number, perSecond: number }),
    trials: list(record({ name: text, sentence: text, details: list(text) })),
    ledger: list(
      record(
        {
          pid: number,
          seconds: number,
          firstSeconds: number,
          live: number,
          libraries: list(record({ name: text, live: number, created: number, firstLive: number }, { bytes: number })),
          places: list(record({ name: text, live: number, oldestSeconds: number }, { where: place, bytes: number })),
        },
        { thread: number, bytes: number },
      ),
    ),
    total: record({ seconds: list(number), rssBytes: list(number), peakRssBytes: number }),
    gc: record({ pauseShare: number, majors: number, minors: number }),
  },
);

/**
 * Checks that a value is a report.
 *
 * @param value - parsed JSON.
 * @returns the same value.
 * @throws PlimsollError `ERR_PLIMSOLL_BAD_REPORT`, naming the first place that does not fit.
 */
export function validateReport(value: unknown): Report {
  report(value, "");
  // Every field that the type promises has just been looked at.
  return value as Report;
}

function expect(holds: boolean, path: string, wanted: string, found: unknown): void {
  if (holds) return;
  const at = path === "" ? "the whole of it" : path;
  throw new PlimsollError(
    "ERR_PLIMSOLL_BAD_REPORT",
    `Not a Plimsoll report: ${at} should be ${wanted}, but is ${show(found)}. Give a report.json that \`plimsoll run\` wrote.`,
    { details: { path: at } },
  );
}

function show(value: unknown): string {
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const shown = JSON.stringify(value);
  return shown.length <= 60 ? shown : `${shown.slice(0, 59)}…`;
}
