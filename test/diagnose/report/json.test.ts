/**
 * The report as data: what it says of each kind of recording, its bounds, and what it never holds.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildReport } from "../../../src/diagnose/report/json.ts";
import type { Report } from "../../../src/diagnose/report/report.ts";
import {
  CWD,
  empty,
  EVIL,
  hostile,
  killed,
  leak,
  manyProcesses,
  MB,
  type Sample,
  samples,
  undetermined,
  unseenEnd,
  week,
} from "./samples.ts";

function report({ recording, diagnosis }: Sample): Report {
  return buildReport(recording, diagnosis, { cwd: CWD });
}

describe("buildReport", () => {
  it("carries the version of the package", () => {
    const manifest = readFileSync(join(import.meta.dirname, "../../../package.json"), "utf8");
    expect(manifest).toContain(`"version": "${report(leak()).version}"`);
  });

  it("tells a leak with its place relative to the working directory", () => {
    const { exit, growth, peak, requests, subject, verdict, floors, gc } = report(leak());
    expect(verdict).toMatchObject({ kind: "js-heap", leak: true });
    expect(growth[0]?.where).toEqual({ file: "src/session/store.ts", line: 14, function: "createSession" });
    expect(growth[0]?.callers?.[0]?.file).toBe("src/server.ts");
    expect(exit).toMatchObject({ code: 0, signal: null, cause: "ended with code 0" });
    expect(subject).toEqual({ pid: 4_121, name: "node server.js" });
    expect(peak.rssBytes).toBeGreaterThan(130 * MB);
    expect(peak.nativeBytes).toBeGreaterThan(25 * MB);
    expect(peak.nativeBytes).toBeLessThan(45 * MB);
    expect(requests?.perSecond).toBeCloseTo(480, 0);
    expect(floors.length).toBeGreaterThan(5);
    expect(gc?.pauseShare).toBeCloseTo(0.018);
  });

  it("is bounded for a week and for twenty processes", () => {
    const long = report(week());
    expect(long.samples.seconds.length).toBeLessThanOrEqual(600);
    expect(long.seconds).toBeGreaterThan(604_000);
    expect(long.peak.rssBytes).toBe(Math.max(...long.samples.rssBytes.map((value) => value ?? 0)));
    expect(JSON.stringify(report(manyProcesses(20))).length).toBeLessThan(250_000);
  });

  it("lists the largest of very many processes and says how many it left out", () => {
    const many = report(manyProcesses(400));
    expect(new Set(many.processes.map(({ pid }) => pid)).size).toBe(60);
    expect(many.processes[0]?.pid).toBe(900);
    expect(many.unknown.join()).toContain("340 smaller processes are not listed");
    expect(JSON.stringify(many).length).toBeLessThan(350_000);
  });

  it("shows the heap of the worker that the headline is about", () => {
    const { floors, processes, subject, samples: columns, total } = report(manyProcesses());
    expect(subject).toEqual({ pid: 900, thread: 2, name: "node build.js" });
    expect(processes.slice(0, 4).map(({ thread }) => thread)).toEqual([undefined, 1, 2, 3]);
    expect(floors.at(-1)?.usedBytes).toBeGreaterThan(80 * MB);
    expect(columns.rssBytes.some((value) => value !== null)).toBe(true);
    expect(processes[2]?.samples.rssBytes.every((value) => value === null)).toBe(true);
    expect(total?.peakRssBytes).toBeGreaterThan(1_000 * MB);
  });

  it("says what it does not know", () => {
    expect(report(manyProcesses()).unknown.join()).toContain("sharp-cli (pid 905)");
    expect(report(leak()).unknown.join()).toContain("Which variable or collection keeps the values alive");
    expect(report(undetermined()).unknown.join()).toContain("no allocation profile");
    expect(report(empty()).unknown.join()).toContain("never read");
    const blind = leak();
    for (const thread of blind.recording.processes[0]?.threads ?? []) thread.majors = [];
    for (const sample of blind.recording.processes[0]?.resident ?? []) Reflect.deleteProperty(sample, "anonBytes");
    expect(report(blind).unknown.join()).toMatch(/no major collection was seen.*anonymous and file-backed/);
  });

  it("tells how it ended, also when nobody saw it", () => {
    expect(report(killed()).exit.cause).toContain("out-of-memory killer");
    const open = report(unseenEnd());
    expect(open.exit).toMatchObject({ code: null, signal: null, cause: "its end was not seen" });
    expect(open.seconds).toBeGreaterThan(41);
    expect(open.secondsToLimit).toBe(68);
  });

  it("survives a program that ended before it was seen", () => {
    const none = report(empty());
    expect(none.samples.seconds).toEqual([]);
    expect(none.peak.rssBytes).toBe(41 * MB);
    const { recording, diagnosis } = empty();
    expect(buildReport({ ...recording, processes: [] }, diagnosis).processes).toEqual([]);
  });

  it("holds no control characters and bounds what others named", () => {
    const text = JSON.stringify(report(hostile()));
    // oxlint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u001b\u202e]|\\u001b|\\n/);
    expect(text).not.toContain("QUJDQUJD");
    expect(EVIL).toContain("\u001b");
  });

  it("has columns of equal length, in the order of time", () => {
    for (const make of Object.values(samples)) {
      const built = report(make());
      for (const { seconds, ...columns } of [built.samples, ...built.processes.map((entry) => entry.samples)]) {
        for (const column of Object.values(columns)) expect(column.length).toBe(seconds.length);
        expect(seconds.toSorted((a, b) => a - b)).toEqual(seconds);
      }
    }
  });
});
