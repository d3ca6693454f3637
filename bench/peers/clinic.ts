/**
 * `clinic doctor -- node program`. Its verdict is shown in a browser only: the page holds it as JSON, from which
 * the words of its headline and of the charts that it marks are taken.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Truth } from "../../test/truth/truth.ts";
import { binary, type PeerAnswer, runNode } from "./peer.ts";

/** Time for its start and its analysis. */
const OVERHEAD_MS = 120_000;

/** Its headlines (recommendations/index.js of @clinic/doctor). */
const HEADLINES: Readonly<Record<string, string>> = {
  gc: "garbage collection",
  "event-loop": "event loop",
  io: "I/O",
  data: "data analysis issue",
  unknown: "unknown issue",
  none: "no issue",
};

interface Analysis {
  readonly issues: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly issueCategory: string;
}

/** What `clinic doctor` says of a program. */
export async function askClinic({ program, nodeArguments = [], seconds }: Truth, folder: string): Promise<PeerAnswer> {
  const file = join(import.meta.dirname, "..", "..", "test", "truth", program);
  const destination = join(folder, "clinic");
  const { code } = await runNode(
    [
      ...[binary("clinic"), "doctor", "--dest", destination, "--open=false", "--"],
      ...["node", ...nodeArguments, file, String(seconds)],
    ],
    folder,
    seconds * 1000 + OVERHEAD_MS,
  );
  const page = findPage(destination);
  if (page === undefined) return silent(`no report (exit code ${code ?? "none: killed"})`);
  const found = /"analysis": (\{.*\})/.exec(readFileSync(page, "utf8"))?.[1];
  if (found === undefined) return silent(code === 0 ? "no verdict" : `fails (exit code ${code ?? "none: killed"})`);
  const { issues, issueCategory } = JSON.parse(found) as Analysis;
  const marked = Object.entries(issues).filter(([, issue]) => isMarked(issue));
  const charts = marked.length === 0 ? "" : ` (${marked.map(([name]) => name).join(", ")})`;
  return {
    words: `${HEADLINES[issueCategory] ?? issueCategory}${charts}`,
    isAnswer: true,
    namesMemory: issueCategory === "gc" || marked.some(([name]) => name === "memory"),
  };
}

function silent(words: string): PeerAnswer {
  return { words, isAnswer: false, namesMemory: false };
}

function isMarked(issue: string | Readonly<Record<string, string>>): boolean {
  return typeof issue === "string" ? issue !== "none" : Object.values(issue).some((each) => each !== "none");
}

function findPage(folder: string): string | undefined {
  try {
    const file = readdirSync(folder).find((name) => name.endsWith(".html"));
    return file === undefined ? undefined : join(folder, file);
  } catch {
    return undefined; // it wrote nothing
  }
}
