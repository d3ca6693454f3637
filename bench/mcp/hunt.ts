/**
 * A scripted agent: finds a leak with the server's tools alone, by rules that know nothing of the program. What it concludes is text
 * from answers, which the bench compares with what was planted.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { AnswerPage } from "../../apps/mcp/src/answer/answer.ts";
import { type Agent, factOf } from "../../apps/mcp/test/support/client.ts";

const VERDICT_SECONDS = 90;
/** Between snapshots, so that each stretch holds about as much work. */
const STRETCH_MS = 4_000;
const NATIVE_STRETCH_MS = 8_000;
const SNAPSHOTS = 3;
const NATIVE: readonly string[] = ["native", "allocator-retained", "mappings"];

/** What an agent would write into its ticket, and what that took. */
export interface Conclusion {
  readonly kind: string;
  readonly isLeak: boolean;
  /** Words from answers: who allocates, who holds. */
  readonly says: string;
  readonly calls: number;
  readonly bytes: number;
  readonly largestBytes: number;
  readonly seconds: number;
  /** Files that were captured: what would have to be read without the server. */
  readonly snapshotBytes: number;
}

/** Hunts through one program from its start to a conclusion. */
export async function hunt(agent: Agent, command: readonly string[]): Promise<Conclusion> {
  const began = performance.now();
  let [calls, bytes, largestBytes, snapshotBytes] = [0, 0, 0, 0];
  const ask = async (tool: string, args: Record<string, unknown>): Promise<AnswerPage> => {
    const page = await agent.ask(tool, args);
    const size = Buffer.byteLength(JSON.stringify(page));
    calls += 1;
    bytes += size;
    largestBytes = Math.max(largestBytes, size);
    return page;
  };
  /** Nobody waits for the program here: where only the pause is too long, the longer one that is named is allowed. */
  const capture = async (watch: string): Promise<AnswerPage> => {
    const args = { watch, confirm: true };
    const { text, isError, page } = await agent.call("capture_heap", args);
    calls += 1;
    bytes += Buffer.byteLength(text);
    if (!isError && page) return page;
    const longer = /"maxPauseSeconds":(\d+)/.exec(text)?.[1];
    if (longer === undefined) throw new Error(text);
    return ask("capture_heap", { ...args, maxPauseSeconds: Number(longer) });
  };
  const started = await ask("start_process", { command });
  const watch = started.facts[0]?.id ?? "";
  const found = await ask("diagnose_growth", { watch, waitSeconds: VERDICT_SECONDS });
  const verdict = factOf(found, "verdict");
  const kind = verdict.split(",")[0] ?? "";
  const said = [found.summary, factOf(found, "growth.1")];
  if (NATIVE.includes(kind)) {
    await ask("native_heap", { watch });
    await sleep(NATIVE_STRETCH_MS);
    const walked = await ask("native_heap", { watch });
    said.push(walked.summary, factOf(walked, "detail.1"));
  } else {
    const spots = await ask("allocation_hot_spots", { watch });
    const [top] = spots.facts;
    if (top) said.push(top.says);
    // A snapshot is of the main thread.
    if (top?.id.startsWith("worker") !== true) {
      const taken: string[] = [];
      for (let nth = 0; nth < SNAPSHOTS; nth += 1) {
        if (nth > 0) await sleep(STRETCH_MS);
        const [file] = (await capture(watch)).facts;
        taken.push(file?.id ?? "");
        snapshotBytes += file?.value ?? 0;
      }
      const [first, between, last] = taken;
      const compared = await ask("compare_heaps", { first, between, last });
      said.push(compared.summary);
      const object = /@(\d+)/.exec(factOf(compared, "suspect.1"))?.[1];
      if (object !== undefined) {
        const path = await ask("retaining_path", { snapshot: last, object: Number(object) });
        said.push(factOf(path, "retainer.1"));
      }
    }
  }
  await ask("stop_watching", { watch });
  return {
    kind,
    isLeak: verdict.includes(", a leak;"),
    says: said.join("\n"),
    calls,
    bytes,
    largestBytes,
    seconds: (performance.now() - began) / 1000,
    snapshotBytes,
  };
}
