/** What a program's own ledger adds to a verdict: an owner where it is shown, a doubt where it is not, nothing where it is flat. */
import { describe, expect, it } from "vitest";
import { diagnose } from "../../src/diagnose/diagnose.ts";
import type { Diagnosis } from "../../src/diagnose/finding.ts";
import type { ThreadRecording } from "../../src/monitor/remote/recording.ts";
import { buildProcess, buildRecording, type Course, MB, type Program, site, START_MS } from "./recording-builder.ts";

const SECONDS = 60;
const WHERE = { function: "openHandle", file: "/srv/app/pool.ts", line: 7, column: 3 };
const leaking: Course = (s) => (5 + s) * MB;

interface Values {
  readonly name?: string;
  readonly live: Course;
  readonly bytes?: Course;
  readonly where?: typeof WHERE;
}

/** The readings that a watcher would have kept of a ledger. */
function readLedger({ name = "handle", live, bytes, where = WHERE }: Values): Partial<ThreadRecording> {
  const at = (s: number) => ({ timeMs: START_MS + s * 1000, live: Math.round(live(s)), bytes: bytes?.(s) });
  const known = (value: number | undefined) => (value === undefined ? {} : { bytes: value });
  const reading = (s: number) => {
    const { timeMs, live: alive, bytes: size } = at(s);
    return {
      timeMs,
      totals: [{ name, live: alive, created: alive, ...known(size) }],
      places: [{ name, where, live: alive, sinceMs: START_MS, ...known(size) }],
    };
  };
  return {
    ledger: [reading(1), reading(SECONDS)],
    ledgerCourse: Array.from({ length: 30 }, (_, i) => reading(1 + i * 2)).map(({ timeMs, totals }) => ({
      timeMs,
      totals,
    })),
  };
}

function judge(program: Omit<Program, "seconds">, values: Values): Diagnosis {
  const process = buildProcess(1, { seconds: SECONDS, ...program });
  const [main, ...rest] = process.threads;
  if (!main) throw new Error("a process has a main thread");
  return diagnose(buildRecording({ ...process, threads: [{ ...main, ...readLedger(values) }, ...rest] }));
}

const allocatedIn = (name: string, file: string): Program["sites"] => {
  return (s) => [{ ...site(name, 5, s * MB), where: { function: name, file, line: 5, column: 1 } }];
};

describe("a ledger whose values grow", () => {
  it("names the owner where the profile names the same function", () => {
    const program = { heap: leaking, sites: allocatedIn("openHandle", WHERE.file) };
    const { verdict, growth } = judge(program, { live: (s) => 100 * s });
    expect(verdict).toMatchObject({ kind: "js-heap", leak: true });
    expect(growth[0]).toMatchObject({ holder: "5,900 living handle values, not released", where: { line: 5 } });
    expect(verdict.next[0]).toContain("Release what openHandle (app/pool.ts:7) makes");
    expect(verdict.evidence.at(-1)).toMatch(
      /5,900 living handle values, 100 more each second.*the profile names the same code/,
    );
  });

  it("is a second cause where the profile names another", () => {
    const program = { heap: leaking, sites: allocatedIn("remember", "/srv/app/cache.ts") };
    const { verdict, growth } = judge(program, { live: (s) => 100 * s });
    expect(growth[0]).toMatchObject({ where: { function: "remember" } });
    expect(growth[0]?.holder).toBeUndefined();
    expect(verdict.evidence.at(-1)).toContain("a second cause, or what holds these objects");
    expect(verdict.next[0]).not.toContain("Release");
  });

  it("says perhaps where neither bytes nor a profile tell", () => {
    const { verdict, growth } = judge({ external: leaking }, { live: (s) => 100 * s });
    expect(verdict).toMatchObject({ kind: "external", leak: true });
    expect(growth[0]).toMatchObject({
      where: { function: "openHandle", file: WHERE.file, line: 7 },
      holder: "perhaps 5,900 living handle values: they rise with it",
    });
    expect(verdict.evidence.at(-1)).toContain("that is likely, not shown");
  });

  it("explains external growth by bytes that the library tells", () => {
    const { verdict, growth } = judge({ external: leaking }, { live: (s) => 100 * s, bytes: (s) => 0.8 * s * MB });
    expect(growth[0]?.holder).toBe("5,900 living handle values, not released");
    expect(verdict.evidence.at(-1)).toMatch(/their bytes make up (79|80|81)% of the growth/);
  });

  it("accuses nobody where their bytes are far too few", () => {
    const { verdict, growth } = judge({ external: leaking }, { live: (s) => 100 * s, bytes: (s) => 0.01 * s * MB });
    expect(growth[0]?.holder).toBeUndefined();
    expect(verdict.evidence.join()).not.toContain("ledger");
  });

  it("makes no leak where memory does not grow", () => {
    const { verdict, growth } = judge({}, { live: (s) => 100 * s });
    expect(verdict.leak).toBe(false);
    expect(growth).toEqual([]);
  });
});

describe("a ledger that does not grow", () => {
  const courses: Record<string, Course> = {
    flat: () => 400,
    "full after warm-up": (s) => Math.min(4_000, 800 * s),
    "up and down": (s) => 1_000 + (s % 7) * 100,
    falling: (s) => 9_000 - 100 * s,
    "a few more": (s) => s / 3,
  };
  it.each(Object.keys(courses))("accuses nobody: %s", (name) => {
    const program = { heap: leaking, sites: allocatedIn("openHandle", WHERE.file) };
    const { verdict, growth } = judge(program, { live: courses[name] ?? (() => 0) });
    expect(verdict).toMatchObject({ kind: "js-heap", leak: true });
    expect(growth[0]?.holder).toBeUndefined();
    expect([...verdict.evidence, ...verdict.next].join()).not.toContain("handle values");
  });
});
