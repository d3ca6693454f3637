/** Node's own crash report: its cause is taken, and nothing else of it. */
import { describe, expect, it } from "vitest";
import { findCrashReport } from "../../src/supervise/crash-report.ts";
import { makeRoot } from "../probe/support/fixture-root.ts";

const name = (pid: number, number = "001") => `report.20261121.101112.${pid}.0.${number}.json`;
const text = (trigger: string, event: string) =>
  JSON.stringify(
    {
      header: { reportVersion: 3, event, trigger, commandLine: ["--token=hush"] },
      environmentVariables: { A: "hush" },
    },
    null,
    2,
  );

describe("findCrashReport", () => {
  it("reads the newest of this process", () => {
    using folder = makeRoot({
      [name(7)]: text("FatalError", "older"),
      [name(7, "002")]: text("OOMError", "Allocation failed - JavaScript heap out of memory"),
      [name(8)]: text("OOMError", "of another"),
    });
    expect(findCrashReport(7, folder.root)).toBe("Allocation failed - JavaScript heap out of memory");
  });

  it.each([
    ["a report that was asked for by a signal or the program", text("Signal", "SIGUSR2")],
    ["an uncaught exception's", text("Exception", "Error: hush")],
    ["what is no report", "not JSON"],
    ["an empty file", ""],
    ["an event beyond the part that is read", `{"header":{${" ".repeat(5_000)}"event":"x","trigger":"OOMError"}}`],
  ])("passes over %s", (_what, content) => {
    using folder = makeRoot({ [name(7)]: content });
    expect(findCrashReport(7, folder.root)).toBeUndefined();
  });

  it("finds nothing where there is no such folder, or none of this process", () => {
    expect(findCrashReport(7, "/nowhere/at/all")).toBeUndefined();
    using folder = makeRoot({ [name(77)]: text("OOMError", "x"), "report.json": "{}" });
    expect(findCrashReport(7, folder.root)).toBeUndefined();
  });
});
