/**
 * Every report fits the published JSON Schema, also when unknown keys are forbidden: what we write is
 * documented in full. The schema itself allows them, so that later versions may add some.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { VERDICT_KINDS } from "../../../src/diagnose/finding.ts";
import { buildReport } from "../../../src/diagnose/report/json.ts";
import { CWD, diagnosisOf, leak, manyProcesses, recordingOf, samples, verdictOf } from "./samples.ts";

const file = join(import.meta.dirname, "../../../src/diagnose/report/report.schema.json");
const schema: unknown = JSON.parse(readFileSync(file, "utf8"));

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The same schema with no key allowed that it does not name. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (!isObject(node)) return node;
  const entries = Object.entries(node).map(([key, value]) => [key, closed(value)]);
  return { ...Object.fromEntries(entries), ...(isObject(node["properties"]) ? { additionalProperties: false } : {}) };
}

function compile(what: unknown) {
  if (!isObject(what)) throw new Error("a schema is an object");
  return new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true, allErrors: true }).compile({
    ...what,
    $id: undefined,
  });
}

const open = compile(schema);
const strict = compile(closed(schema));

function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

describe("report.schema.json", () => {
  it.each(Object.keys(samples))("fits the report of %s", (name) => {
    const sample = samples[name]?.() ?? leak();
    const report = asJson(buildReport(sample.recording, sample.diagnosis, { cwd: CWD }));
    strict(report);
    expect(strict.errors).toBeNull();
  });

  it("fits reports of every kind of verdict, leak or not", () => {
    const { recording } = leak();
    for (const kind of VERDICT_KINDS) {
      for (const isLeak of [true, false]) {
        const verdict = verdictOf(kind, "It is so.", { leak: isLeak });
        const diagnosis = diagnosisOf([{ pid: 4_121, name: "node server.js", observed: true, verdict, growth: [] }]);
        strict(asJson(buildReport(recording, diagnosis)));
        expect(strict.errors).toBeNull();
      }
    }
  });

  it("fits reports of many and of no processes", () => {
    const { diagnosis } = leak();
    const crowd = manyProcesses(120);
    for (const report of [buildReport(recordingOf([]), diagnosis), buildReport(crowd.recording, crowd.diagnosis)]) {
      strict(asJson(report));
      expect(strict.errors).toBeNull();
    }
  });

  it("lets later versions add keys, and refuses what is wrong", () => {
    const { recording, diagnosis } = leak();
    const report = buildReport(recording, diagnosis);
    expect(open({ ...report, later: 1 })).toBe(true);
    expect(strict({ ...report, later: 1 })).toBe(false);
    expect(open({ ...report, schema: "plimsoll.report/2" })).toBe(false);
    expect(open({ ...report, verdict: { ...report.verdict, confidence: 2 } })).toBe(false);
    expect(open({ ...report, exit: undefined })).toBe(false);
  });

  it("names exactly the kinds of verdict that exist", () => {
    expect(schema).toMatchObject({ $defs: { kind: { enum: VERDICT_KINDS } } });
  });
});
