/**
 * Telling reports from other JSON: reports pass unchanged, everything else gets one clear error.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PlimsollError } from "../../../src/base/errors.ts";
import { buildReport } from "../../../src/diagnose/report/json.ts";
import { validateReport } from "../../../src/diagnose/report/validate.ts";
import { CWD, leak, manyProcesses, samples } from "./samples.ts";

const report = buildReport(leak().recording, leak().diagnosis, { cwd: CWD });

function messageOf(value: unknown): string {
  try {
    validateReport(value);
  } catch (error) {
    if (PlimsollError.is(error, "ERR_PLIMSOLL_BAD_REPORT")) return error.message;
    throw error;
  }
  return "";
}

describe("validateReport", () => {
  it("passes every report through JSON, and unknown keys with it", () => {
    for (const make of Object.values(samples)) {
      const { recording, diagnosis } = make();
      const text = JSON.stringify({ ...buildReport(recording, diagnosis), later: true });
      expect(validateReport(JSON.parse(text))).toEqual(JSON.parse(text));
    }
  });

  it("names the place that does not fit, and what to give", () => {
    expect(messageOf({ ...report, verdict: { ...report.verdict, kind: "gremlins" } })).toMatch(
      /^Not a Plimsoll report: verdict\.kind should be one of js-heap, .*, but is "gremlins"\. Give a report\.json/,
    );
    expect(messageOf({ ...report, growth: [{ ...report.growth[0], bytes: "many" }] })).toContain(
      "growth[0].bytes should be a number",
    );
    expect(messageOf({ ...report, samples: { ...report.samples, seconds: [] } })).toContain(
      "samples should be columns of equal length",
    );
    expect(messageOf({ ...report, exit: undefined })).toContain("exit should be an object, but is missing");
    expect(messageOf({ schema: "plimsoll.recording/1" })).toContain('schema should be "plimsoll.report/1"');
    expect(messageOf([])).toContain("the whole of it should be an object, but is a list");
    expect(messageOf({ ...report, command: { a: 1 } })).toContain("command should be text, but is an object");
    expect(messageOf({ ...report, command: 1 })).toContain("but is 1");
    expect(messageOf({ ...report, schema: "x".repeat(500) }).length).toBeLessThan(300);
    expect(messageOf({ ...report, total: { seconds: [], rssBytes: 3, peakRssBytes: 1 } })).toContain(
      "total.rssBytes should be a list",
    );
  });

  it("throws nothing else, whatever it is given", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(messageOf(value)).toMatch(/^Not a Plimsoll report: /);
      }),
    );
  });

  it("notices when any required part of a real report is missing", () => {
    const { recording, diagnosis } = manyProcesses(3);
    const full = JSON.parse(JSON.stringify(buildReport(recording, diagnosis))) as Record<string, unknown>;
    const optional = ["secondsToLimit", "subject", "requests", "total", "gc"];
    for (const key of Object.keys(full).filter((candidate) => !optional.includes(candidate))) {
      expect(messageOf({ ...full, [key]: undefined })).toContain(`${key} should be`);
    }
  });
});
