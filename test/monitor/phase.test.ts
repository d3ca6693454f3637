/** Phases: peaks, nesting, overlap. */
import { describe, expect, it } from "vitest";
import { Monitor } from "../../src/monitor/monitor.ts";
import type { PhaseReport } from "../../src/monitor/phase.ts";
import { FakeClock, FakeSource, MB } from "./fake-clock.ts";

function setUp(): { clock: FakeClock; source: FakeSource; monitor: Monitor; reports: PhaseReport[] } {
  const clock = new FakeClock();
  const source = new FakeSource();
  source.highWater = 900 * MB;
  const monitor = new Monitor({ clock, source });
  const reports: PhaseReport[] = [];
  monitor.on("phase", (report) => reports.push(report));
  return { clock, source, monitor, reports };
}

describe("phase", () => {
  it("reports growth and peak of its readings", () => {
    const { clock, source, monitor, reports } = setUp();
    {
      using _phase = monitor.phase("parse");
      source.set({ heapUsedBytes: 80 * MB });
      monitor.sample();
      source.set({ heapUsedBytes: 30 * MB });
      clock.advance(250);
    }
    expect(reports).toMatchObject([
      {
        name: "parse",
        delta: { elapsedMs: 250, heapUsedBytes: 10 * MB, rssBytes: 0 },
        peak: { heapUsedBytes: 80 * MB },
        peakGrowth: { heapUsedBytes: 60 * MB },
        exactPeak: false,
        overlapped: false,
      },
    ]);
  });

  it("takes the kernel's word for a peak between readings", () => {
    const { source, monitor } = setUp();
    const phase = monitor.phase("burst");
    source.highWater = 950 * MB;
    expect(phase.end()).toMatchObject({
      exactPeak: true,
      peak: { rssBytes: 950 * MB },
      peakGrowth: { rssBytes: 850 * MB },
    });
  });

  it("names nested phases by their path, and does not call them overlapping", () => {
    const { monitor, reports } = setUp();
    {
      using outer = monitor.phase("import");
      using _inner = outer.phase("parse");
    }
    expect(reports.map(({ name, overlapped }) => [name, overlapped])).toEqual([
      ["import/parse", false],
      ["import", false],
    ]);
  });

  it("says when phases overlapped", () => {
    const { monitor, reports } = setUp();
    const [a, b] = [monitor.phase("a"), monitor.phase("b")];
    a.end();
    b.end();
    monitor.phase("c").end();
    expect(reports.map(({ name, overlapped }) => [name, overlapped])).toEqual([
      ["a", true],
      ["b", true],
      ["c", false],
    ]);
  });

  it("ends once", () => {
    const { monitor, reports } = setUp();
    const phase = monitor.phase("once");
    const report = phase.end();
    phase[Symbol.dispose]();
    expect(phase.end()).toBe(report);
    expect(reports).toHaveLength(1);
  });
});
