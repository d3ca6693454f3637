/** What counts, experiments and records of other tools are said to mean. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDuration } from "../../src/cli/duration.ts";
import { describeExperiment } from "../../src/diagnose/experiment-words.ts";
import { parsePlaces } from "../../src/cli/heaptrack.ts";
import { findProgram, installCommand } from "../../src/cli/installation.ts";
import { parseCounts } from "../../src/cli/syscall-trace.ts";
import { describeSyscalls } from "../../src/cli/syscall-words.ts";
import { makeFolder } from "./plimsoll.ts";

const TABLE = `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 97.67    0.347505         158      2192       327 futex
  0.51    0.001811           0      2945           brk
  0.46    0.001634           7       135           mmap
------ ----------- ----------- --------- --------- ----------------
100.00    0.355798          56      5272       327 total
`;

describe("counts of system calls", () => {
  it("are read from strace's table", () => {
    expect(Object.fromEntries(parseCounts(TABLE))).toEqual({
      futex: { calls: 2192, errors: 327 },
      brk: { calls: 2945, errors: 0 },
      mmap: { calls: 135, errors: 0 },
    });
    expect(parseCounts("strace: attach failed").size).toBe(0);
  });

  // Counts of real programs whose cause was known, 3 to 5 s each.
  it.each([
    [{ mmap: 142, munmap: 144, mprotect: 443 }, "a V8 heap grows"],
    [{ mmap: 1000, munmap: 1980, mprotect: 1000 }, "V8's heaps come and go"],
    [{ mmap: 20, munmap: 20, mprotect: 6172 }, "thread arenas"],
    [{ mmap: 5000, munmap: 3, mprotect: 5000 }, "not given back"],
    [{ mmap: 3, munmap: 3, mprotect: 3, brk: 622 }, "small blocks"],
    [{ mmap: 2, futex: 9000 }, "Hardly any memory"],
  ])("%j mean %s", (calls, words) => {
    const counts = new Map(Object.entries(calls).map(([name, count]) => [name, { calls: count, errors: 0 }]));
    expect(describeSyscalls({ seconds: 3, counts }).sentence).toContain(words);
  });

  it("never blame failed futex calls", () => {
    const { details } = describeSyscalls({ seconds: 3, counts: parseCounts(TABLE) });
    expect(details.join()).toMatch(/15% of the futex calls failed, which alone means nothing/);
  });

  it("say something of any counts", () => {
    const count = fc.record({ calls: fc.nat(1e6), errors: fc.nat(1e6) });
    const names = fc.constantFrom("mmap", "munmap", "mprotect", "brk", "futex", "read");
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(names, count), { selector: ([name]) => name }), (entries) => {
        const { sentence, details } = describeSyscalls({ seconds: 3, counts: new Map(entries) });
        expect([sentence, ...details].join()).not.toMatch(/NaN|Infinity|undefined/);
      }),
    );
  });
});

describe("an experiment", () => {
  const reading = {
    rssBytes: 200e6,
    heapUsedBytes: 100e6,
    heapTotalBytes: 120e6,
    externalBytes: 0,
    arrayBuffersBytes: 0,
  };
  const common = { threadId: 0, timeMs: 0, pauseMs: 12.4, outcome: "done" } as const;

  it.each([
    ["collect", { heapUsedBytes: 30e6 }, undefined, /freed 66\.8 MB of 95\.4 MB .* garbage/],
    ["collect", {}, undefined, /freed nothing .* all of it is reachable/],
    ["turn", { heapUsedBytes: 30e6 }, { heapUsedBytes: 90e6 }, /freed 57\.2 MB of 85\.8 MB .* WeakRef targets/],
    ["turn", { heapUsedBytes: 90e6 }, { heapUsedBytes: 90e6 }, /freed nothing of 85\.8 MB/],
    ["trim", { rssBytes: 80e6 }, undefined, /gave 114 MB back of 191 MB resident/],
    ["trim", { rssBytes: 210e6 }, undefined, /gave nothing back/],
  ] as const)("%s with %j is put into words", (name, after, collected, words) => {
    const between = collected === undefined ? {} : { collected: { ...reading, ...collected } };
    const trial = describeExperiment({ ...common, name, before: reading, after: { ...reading, ...after }, ...between });
    expect(trial.sentence).toMatch(words);
    expect(trial.sentence).toMatch(/stood still for 12 ms$/);
  });

  it("says beside what it took what was expected", () => {
    const trial = describeExperiment({
      ...common,
      name: "collect",
      before: reading,
      after: reading,
      predictedMs: 8.25,
    });
    expect(trial.sentence).toMatch(/stood still for 12 ms \(expected: at most 8\.3 ms\)$/);
    expect(trial.figures).toMatchObject({ pauseMs: 12.4, predictedMs: 8.25 });
  });

  it("that was not done says why", () => {
    const refused = {
      ...common,
      name: "trim",
      outcome: "refused",
      pauseMs: 0,
      reason: "koffi is not installed",
    } as const;
    expect(describeExperiment(refused)).toEqual({
      name: "trim",
      sentence: "malloc_trim: not done, koffi is not installed",
      details: [],
    });
  });
});

describe("heaptrack's leaks", () => {
  it("are read by function, with the program or library", () => {
    const text = `MEMORY LEAKS
1.13G leaked over 19800 calls from
node::(anonymous namespace)::CompressionStream<>::AllocForZlib(void*, unsigned int, unsigned int)
  in /usr/bin/node
  and 1.13G from 5 other places

433.51K leaked over 64953 calls from
CRYPTO_zalloc
  in /usr/lib/libcrypto.so.3

12B leaked over 1 calls from
0x7f00

`;
    expect(parsePlaces(text)).toEqual([
      expect.objectContaining({ bytes: 1_130_000_000, calls: 19_800, module: "node" }),
      { bytes: 433_510, calls: 64_953, function: "CRYPTO_zalloc", module: "libcrypto.so.3" },
      { bytes: 12, calls: 1, function: "0x7f00", module: "?" },
    ]);
  });
});

describe("what was typed", () => {
  it("as a time is read in seconds, minutes and hours", () => {
    const read = (text: string): number => parseDuration("for", text, "plimsoll");
    expect(["60", "60s", "1.5m", "2h", "250ms", " 1 min "].map(read)).toEqual([6e4, 6e4, 9e4, 72e5, 250, 6e4]);
    for (const bad of ["", "0", "-1s", "s", "1d", "1e9", "99999h", "soon"])
      expect(() => read(bad)).toThrow("needs a time");
  });

  it("is told which command installs what is missing", () => {
    expect(findProgram("node", `/nowhere:${process.execPath.replace(/\/node$/, "")}`)).toBe(process.execPath);
    expect(findProgram("no-such-program")).toBeUndefined();
    expect(installCommand("strace", { root: makeFolder() })).toBe("sudo apt-get install -y strace");
  });
});
