import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePressureStall, readPressureStall } from "../../src/probe/pressure-stall.ts";
import { makeRoot } from "./support/fixture-root.ts";

const PRESSURE = `some avg10=12.50 avg60=3.00 avg300=0.40 total=1234567
full avg10=1.00 avg60=0.00 avg300=0.00 total=1000
`;
const CALM = PRESSURE.replaceAll(/=\d+\.\d+/g, "=0.00");
const MOUNTS = "38 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

describe("parsePressureStall", () => {
  it("reads shares of time and milliseconds", () => {
    expect(parsePressureStall(PRESSURE)).toEqual({
      some: { ratio10s: 0.125, ratio60s: 0.03, ratio300s: 0.004, totalMs: 1234.567 },
      full: { ratio10s: 0.01, ratio60s: 0, ratio300s: 0, totalMs: 1 },
    });
  });

  it("survives any text", () => {
    expect(parsePressureStall(PRESSURE.split("\n")[0] ?? "")).toBeUndefined();
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parsePressureStall(text)));
  });
});

describe("readPressureStall", () => {
  it("prefers the process's own cgroup", () => {
    using root = makeRoot({
      "proc/self/mountinfo": MOUNTS,
      "proc/self/cgroup": "0::/app.slice\n",
      "proc/pressure/memory": CALM,
      "sys/fs/cgroup/app.slice/cgroup.events": "populated 1\n",
      "sys/fs/cgroup/app.slice/memory.pressure": PRESSURE,
    });
    expect(readPressureStall("self", root)).toMatchObject({
      available: true,
      scope: "cgroup",
      source: "cgroup v2 /sys/fs/cgroup/app.slice (memory.pressure)",
      some: { ratio10s: 0.125 },
    });
  });

  it("takes the machine's where the process is in the root cgroup", () => {
    using root = makeRoot({
      "proc/self/mountinfo": MOUNTS,
      "proc/self/cgroup": "0::/\n",
      "proc/pressure/memory": CALM,
      "sys/fs/cgroup/memory.pressure": PRESSURE,
    });
    expect(readPressureStall("self", root)).toMatchObject({ scope: "machine", some: { ratio10s: 0 } });
  });

  it("says why there is none", () => {
    using root = makeRoot({});
    expect(readPressureStall("self", root)).toEqual({ available: false, reason: expect.stringContaining("psi=1") });
  });
});
