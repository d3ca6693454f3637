/**
 * The report in the terminal: what it says, that it fits, and that no program can write escapes into it.
 */
import { describe, expect, it } from "vitest";
import { bridge } from "../../../src/diagnose/report/bridge.ts";
import { buildReport } from "../../../src/diagnose/report/json.ts";
import { renderTerminal, type TerminalOptions } from "../../../src/diagnose/report/terminal.ts";
import { displayWidth } from "../../../src/diagnose/report/wrap.ts";
import {
  CWD,
  healthy,
  hostile,
  killed,
  leak,
  manyProcesses,
  type Sample,
  samples,
  slack,
  undetermined,
  unseenEnd,
  week,
} from "./samples.ts";

const HTML = ".plimsoll/2026-11-21T08-30-4121/report.html";

function draw({ recording, diagnosis }: Sample, options: Partial<TerminalOptions> = {}): string {
  const report = buildReport(recording, diagnosis, { cwd: CWD });
  return renderTerminal(report, { color: false, columns: 120, htmlPath: HTML, ...options });
}

describe("renderTerminal", () => {
  it("says what, where, why, what not, what next and at which cost", () => {
    expect(draw(leak())).toMatchInlineSnapshot(`
      "
       ✗ plimsoll: LEAK in JavaScript objects, 97% sure     (peak 139 MB, 54% of 256 MB; ended with code 0)
         what      objects allocated in createSession, +1.74 MB/s, 3.7 KB kept per request
         where     createSession src/session/store.ts:14
                   called by onRequest src/server.ts:31
         why       JavaScript objects went from 9.1 MB to 80 MB, over 11 floors (memory left right after a collection; all
                   were forced for this)
         not       Buffers stay flat: 0.3 MB at the start, 0.3 MB at the end; External memory outside of ArrayBuffers stays
                   flat at 1.6 MB; garbage not yet collected: a forced collection freed 14 MB, the rest is alive
         next      Look at createSession (src/session/store.ts:14), called from onRequest (src/server.ts:31): follow the
                   objects made there to the collection, listener or timer that keeps them.
         bridge    Until it is fixed, \`plimsoll supervise -- COMMAND\` replaces it before that, without a lost request: at
                   this rate 256 MB are full about 1 min 42 s after a start.
         evidence  .plimsoll/2026-11-21T08-30-4121/report.html
         cost      Plimsoll itself: 61 MB and 840 ms CPU beside the program, about 95 ms CPU inside it (0.2% of the time)
      "
    `);
  });

  it("says less where there is less to say", () => {
    expect(draw(healthy(), { columns: 80 })).toMatchInlineSnapshot(`
      "
       ✓ plimsoll: healthy, 95% sure
         (peak 78.1 MB, 15% of 512 MB; ended with code 0)
         what      Nothing grows: after collections the heap stays at 21 MB
         why       JavaScript objects stay at 21 MB over 12 floors
         not       Buffers stay flat: 0.3 MB at the start, 0.3 MB at the end;
                   External memory outside of ArrayBuffers stays flat at 1.6 MB
         evidence  .plimsoll/2026-11-21T08-30-4121/report.html
         cost      Plimsoll itself: 61 MB and 840 ms CPU beside the program, about
                   95 ms CPU inside it (0.2% of the time)
      "
    `);
  });

  it("says what is needed when nothing can be decided", () => {
    const text = draw(undetermined());
    expect(text).toMatch(/^\n \? plimsoll: undetermined {5}\(peak 71\.5 MB, 0\.4% of 16 GB; ended with code 3\)\n/);
    expect(text).toContain("needs     About 14 s more of the same load.");
    expect(text).not.toContain("sure");
  });

  it("names the worker among several", () => {
    expect(draw(manyProcesses())).toContain("who       worker 2 of node build.js (pid 900)");
    expect(draw(slack())).toContain("✓ plimsoll: no leak: garbage not yet collected, 88% sure");
  });

  it("offers a bridge that fits the figures", () => {
    expect(draw(week())).toMatch(
      /bridge +Until it is fixed, `plimsoll supervise -- COMMAND` replaces it before that, without a lost request: at\s+this rate 512 MB are full about 2\d days after a/,
    );
    const { recording, diagnosis } = leak();
    const quick = { ...buildReport(recording, diagnosis, { cwd: CWD }), seconds: 8, secondsToLimit: 6 };
    expect(bridge(quick)).toMatch(
      /^Replacing it hardly helps \(at this rate 256 MB are full about 14 s after a start\)/,
    );
    const noLimit = unseenEnd();
    noLimit.recording.limit = { bytes: null, source: "none" };
    expect(draw(noLimit)).toContain("plimsoll limits 256mb --write docker");
    const outOfHeap = killed();
    for (const thread of outOfHeap.recording.processes[0]?.threads ?? [])
      Object.assign(thread, { heapLimitBytes: 250 * 2 ** 20 });
    outOfHeap.recording.exit = { code: null, signal: "SIGABRT" };
    expect(draw(outOfHeap)).toContain("plimsoll limits --write node");
  });

  it.each([24, 40, 60, 80, 120, 200])("fits %d columns, but for paths", (columns) => {
    for (const make of Object.values(samples).filter((sample) => sample !== hostile)) {
      for (const verbose of [false, true]) {
        for (const line of draw(make(), { columns, verbose }).split("\n")) {
          const words = line.trim().split(/ +/);
          const isOneWord = words.length === 1 || (words.length === 2 && (words[0]?.length ?? 0) <= 10);
          if (!isOneWord && columns > 40) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
        }
      }
    }
  });

  it("lets no program write escapes, and colours only when asked to", () => {
    for (const make of Object.values(samples)) {
      // oxlint-disable-next-line no-control-regex
      for (const verbose of [false, true]) expect(draw(make(), { verbose })).not.toMatch(/[\u001b\u009b\u202e]/);
    }
    const colored = draw(leak(), { color: true });
    expect(colored).toContain("\u001b[31m");
    // oxlint-disable-next-line no-control-regex
    expect(colored.replace(/\u001b\[\d+m/g, "")).toBe(draw(leak()));
  });

  it("says everything when verbose", () => {
    const text = draw(manyProcesses(40), { verbose: true });
    for (const part of [
      "program ",
      "limit ",
      "evidence ",
      "What grows",
      "Processes",
      "└ worker 2",
      "seen from outside only",
      "unknown ",
      "more in the JSON report",
    ]) {
      expect(text).toContain(part);
    }
    for (const { why } of leak().diagnosis.verdict.ruledOut) {
      expect(draw(leak(), { verbose: true }).replace(/\s+/g, " ")).toContain(why);
    }
  });

  it("names only commands that exist", () => {
    for (const make of Object.values(samples)) {
      for (const [, command] of draw(make(), { verbose: true }).matchAll(/plimsoll ([a-z]+)/g)) {
        expect(["run", "explain", "limits", "supervise"]).toContain(command);
      }
    }
  });
});
