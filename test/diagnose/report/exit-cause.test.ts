/**
 * Ends in words, told apart by the last sizes seen.
 */
import { describe, expect, it } from "vitest";
import { explainExit } from "../../../src/diagnose/report/exit-cause.ts";
import { MB } from "./samples.ts";

const far = { rssBytes: 100 * MB, limitBytes: 512 * MB, heapBytes: 50 * MB, heapLimitBytes: 2_048 * MB };

describe("explainExit", () => {
  it.each([
    [{ code: 0, signal: null }, "ended with code 0"],
    [{ code: 3, signal: null }, "ended with code 3"],
    [{ code: null, signal: "SIGINT" }, "ended by SIGINT (Ctrl-C)"],
    [{ code: 130, signal: null }, "ended by code 130, SIGINT (Ctrl-C)"],
    [{ code: null, signal: "SIGTERM" }, "ended by SIGTERM (asked to stop)"],
    [{ code: null, signal: "SIGHUP" }, "ended by SIGHUP"],
    [{ code: 139, signal: null }, "crashed with code 139, SIGSEGV: a fault in native code"],
    [{ code: null, signal: "SIGKILL" }, "killed by SIGKILL – the kernel's out-of-memory killer or someone else"],
    [{ code: 137, signal: null }, "killed by code 137, SIGKILL – the kernel's out-of-memory killer or someone else"],
    [{ code: 250, signal: null }, "ended with code 250"],
    [undefined, "its end was not seen"],
  ])("%o", (exit, words) => expect(explainExit(exit, far)).toBe(words));

  it("blames V8's heap limit only when the heap was near it", () => {
    const full = { ...far, heapBytes: 1_990 * MB };
    expect(explainExit({ code: null, signal: "SIGABRT" }, full)).toBe(
      "V8 heap out of memory (code 134, SIGABRT): 1.94 GB of its limit of 2 GB were in use",
    );
    expect(explainExit({ code: 134, signal: null }, far)).toMatch(
      /^aborted \(code 134, SIGABRT\): V8 heap .*, or a failed check/,
    );
  });

  it("blames the kernel only when memory was near the limit", () => {
    const full = { ...far, rssBytes: 500 * MB };
    expect(explainExit({ code: null, signal: "SIGKILL" }, full)).toContain(
      "most likely the kernel's out-of-memory killer",
    );
    expect(explainExit({ code: null, signal: "SIGKILL" }, { ...full, limitBytes: null })).toContain("or someone else");
  });
});
