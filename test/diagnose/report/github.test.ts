/**
 * GitHub's form: annotations that cannot be forged and a summary in which names show as themselves.
 */
import { describe, expect, it } from "vitest";
import { renderGithub } from "../../../src/diagnose/report/github.ts";
import { buildReport } from "../../../src/diagnose/report/json.ts";
import { CWD, healthy, hostile, killed, leak, manyProcesses, type Sample, samples } from "./samples.ts";

function draw({ recording, diagnosis }: Sample) {
  return renderGithub(buildReport(recording, diagnosis, { cwd: CWD }));
}

describe("renderGithub", () => {
  it("marks the line that allocates", () => {
    expect(draw(leak()).annotations).toBe(
      "::error file=src/session/store.ts,line=14,title=plimsoll%3A LEAK in JavaScript objects%2C 97%25 sure::JavaScript objects grow by 1.74 MB/s after every collection and do not level off: a leak\n",
    );
  });

  it("warns of a peak close to the limit, and of nothing else", () => {
    expect(draw(killed()).annotations).toMatch(
      /\n::warning title=plimsoll%3A close to the limit::Peak 277 MB, 103%25 of 270 MB/,
    );
    expect(draw(healthy()).annotations).toBe("");
  });

  it("gives no file that lies outside of the repository", () => {
    const sample = leak();
    const report = buildReport(sample.recording, sample.diagnosis, { cwd: "/elsewhere" });
    expect(renderGithub(report).annotations).toMatch(/^::error title=/);
  });

  it("prints one command a line, whatever a function is called", () => {
    for (const line of draw(hostile()).annotations.trimEnd().split("\n")) {
      const [, properties = "", ...rest] = line.split("::");
      expect(properties).toMatch(/^(error|warning) /);
      expect(properties.split(",").every((property) => /^(error |warning )?[a-z]+=[^:]*$/.test(property))).toBe(true);
      expect(rest.length).toBeGreaterThan(0);
    }
  });

  it("shows names as themselves", () => {
    const { summary } = draw(hostile());
    expect(summary).not.toMatch(/<img|<\/script|\[x\]\(|`|@everyone/);
    for (const row of summary.split("\n").filter((line) => line.startsWith("|"))) {
      expect([3, 5]).toContain(row.split("|").length - 1);
    }
  });

  it("summarises", () => {
    const { summary } = draw(leak());
    expect(summary).toMatch(/^### ✗ plimsoll: LEAK in JavaScript objects, 97% sure\n/);
    expect(summary).toContain(
      "| objects allocated in createSession | +1.74 MB/s | 71 MB | createSession src/session/store.ts:14 |",
    );
    expect(summary).toContain("**Ruled out**");
    expect(draw(manyProcesses()).summary).toContain("| Judged | worker 2 of node build.js");
    for (const make of Object.values(samples)) expect(draw(make()).summary.length).toBeLessThan(20_000);
  });
});
