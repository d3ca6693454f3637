/** Profiles divide the room that there is, and a timeline stays small however long the run, without losing its peak. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { profileFor } from "../src/execute/profile.ts";
import { Executor, Workflow, tool } from "../src/index.ts";
import { Timeline } from "../src/report/timeline.ts";
import { timelinePage } from "../src/report/timeline-page.ts";

const MB = 2 ** 20;

describe("profileFor", () => {
  it.each([
    [100, "memoryOptimised"],
    [300, "memoryOptimised"],
    [500, "highThroughput"],
  ])("auto takes, with %d MB of room, %s", (room, name) => {
    expect(profileFor("auto", process.memoryUsage.rss() + room * MB).name).toBe(name);
  });

  it.each(["lowLatency", "highThroughput", "memoryOptimised"] as const)("%s leaves room for nodes", (name) => {
    const room = 400 * MB;
    const { valueBytes, sessionBytes, historyBytes } = profileFor(name, process.memoryUsage.rss() + room);
    expect(valueBytes + sessionBytes + historyBytes).toBeLessThan(0.65 * room);
  });

  it("refuses what it does not know", () => {
    expect(() => new Executor({ limit: "lots" })).toThrow("limit:");
    expect(() => profileFor("fast" as "auto", undefined)).toThrow('There is no profile "fast"');
  });
});

describe("Timeline", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("stays bounded, keeps its order and its peak, and is drawn small", async () => {
    await using executor = new Executor();
    using timeline = new Timeline(executor);
    let rss = 0;
    vi.spyOn(process, "memoryUsage").mockImplementation(() => ({
      rss,
      heapUsed: 1,
      heapTotal: 1,
      external: 1,
      arrayBuffers: 0,
    }));
    for (let tick = 0; tick < 40_000; tick++) {
      rss = tick % 1000 === 640 ? 200 * MB : 100 * MB;
      timeline.update({ id: "r", finished: tick, resumed: 0, total: 40_000, remainingMs: 1 });
      vi.advanceTimersByTime(100);
    }
    const { readings } = timeline;
    expect(readings.length).toBeLessThan(600);
    expect(readings.map(({ ms }) => ms)).toEqual(readings.map(({ ms }) => ms).toSorted((a, b) => a - b));
    expect(Math.max(...readings.map(({ rssBytes }) => rssBytes))).toBe(200 * MB);
    const page = timelinePage({
      graph: new Workflow({ name: "<b>&" }).addNode("a", tool({ run: () => 1 })),
      id: "r",
      readings,
      status: executor.status(),
      limitBytes: 150 * MB,
      limitSource: "--limit",
      peakRssBytes: 200 * MB,
      elapsedMs: 4_000_000,
      finished: 40_000,
      heldRatio: 0,
    });
    expect(page.length).toBeLessThan(500_000);
    expect(page).toContain("It passed its limit of 150 MB: 200 MB were resident.");
    expect(page).toContain("<h1>&lt;b&gt;&amp;</h1>");
  });
});
