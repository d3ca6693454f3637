/** What a program owns, in words: numbers first, then where most of it comes from. */
import { describe, expect, it } from "vitest";
import { buildReport } from "../../../src/diagnose/report/json.ts";
import { ledgerLines } from "../../../src/diagnose/report/ledger.ts";
import { renderTerminal } from "../../../src/diagnose/report/terminal.ts";
import { CWD, healthy, leak, owning } from "./samples.ts";

describe("the ledger in a report", () => {
  it("has one entry a thread, with paths of the user's own", () => {
    const { recording, diagnosis } = owning();
    const { ledger = [] } = buildReport(recording, diagnosis, { cwd: CWD });
    expect(ledger).toMatchObject([
      { pid: 4_121, firstSeconds: 1, seconds: 41, live: 16_000, libraries: [{ firstLive: 400 }, { name: "cursor" }] },
      { pid: 4_121, thread: 3, live: 12, places: [] },
    ]);
    expect(ledger[0]?.places[0]).toMatchObject({ where: { file: "src/model.ts", line: 42 }, oldestSeconds: 39 });
    expect(ledger[1]?.bytes).toBeUndefined();
  });

  it("is absent where no program has one", () => {
    for (const { recording, diagnosis } of [leak(), healthy()])
      expect(buildReport(recording, diagnosis, { cwd: CWD })).not.toHaveProperty("ledger");
  });

  it("is a line a library, the fullest first", () => {
    const { recording, diagnosis } = owning();
    const report = buildReport(recording, diagnosis, { cwd: CWD });
    expect(ledgerLines(report)).toEqual([
      "16,000 jax-js values alive, 8.4 MB, most from make42 src/model.ts:42; up from 400 after 1 s",
      "12 tfjs values alive (worker 3)",
      "0 cursor values alive; all 1,200 that were made are released",
    ]);
    expect(ledgerLines({})).toEqual([]);
  });

  it("says at most three lines in the terminal, and how many more there are", () => {
    const { recording, diagnosis } = owning();
    const report = buildReport(recording, diagnosis, { cwd: CWD });
    const [first] = report.ledger ?? [];
    const ledger = first ? [0, 1, 2].map((thread) => ({ ...first, thread: thread + 1 })) : [];
    const text = renderTerminal({ ...report, ledger }, { color: false, columns: 100 });
    expect(text.match(/values alive/g)).toHaveLength(3);
    expect(text).toContain("and 3 more in the report");
    expect(text).toMatch(/held by +16,000 living jax-js values, not released/);
  });
});
