/**
 * Who holds what a leaking function leaves: two heap snapshots with calls between them, compared; and who holds most of a
 * worker's heap: one. They stop the thread, so they are only taken where they are predicted to be short; where not, or where
 * that fails, nobody is named.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatBytes } from "../base/bytes.ts";
import { type CapturedHeap, captureHeap } from "../heap/capture.ts";
import { diffHeaps } from "../heap/diff-heaps.ts";
import { findSuspects } from "../heap/find-suspects.ts";
import type { HeapGraph } from "../heap/heap-graph.ts";
import { openHeap } from "../heap/open-heap.ts";
import type { Suspect } from "../heap/suspect.ts";
import { forceGC } from "../monitor/force-gc.ts";

/** What a capture is predicted to take at most; predictions are bounds, and most captures take a tenth of theirs. */
const MAX_PAUSE_MS = 5000;
/** The same in a run of many files, once in a worker. */
const MAX_ONLY_PAUSE_MS = 15_000;
/** No second one after so long: the usual deadline of a test is 5 s. */
const MAX_FIRST_MS = 1500;
const MAX_HOLDERS = 3;
const MAX_CLASSES = 3;
/** Edges with a name of the source. */
const NAMED: ReadonlySet<string> = new Set(["context", "property"]);
const ROUNDS = 3;

/** Where growth was found. */
export interface Growers {
  /** In the words of the source, the one that grew most first. Empty: nobody stands out, or it was not looked for. */
  readonly holders: readonly string[];
  /** Classes of which there are more, the heaviest growth first, such as `Session (+300)`. Empty likewise. */
  readonly classes: readonly string[];
}

/** Nobody was looked for. */
const NO_GROWERS: Growers = { holders: [], classes: [] };

/**
 * Names holders and classes.
 *
 * @param repeat - leaks some more.
 */
export async function nameHolders(repeat: () => Promise<unknown>): Promise<Growers> {
  const folder = newFolder();
  try {
    const first = capture(join(folder, "first.heapsnapshot"));
    if (first.pauseMs > MAX_FIRST_MS) return NO_GROWERS;
    for (let round = 0; round < ROUNDS; round += 1) await repeat();
    const second = capture(join(folder, "second.heapsnapshot"));
    using before = openHeap(first.file);
    using after = openHeap(second.file);
    const { suspects, classes } = diffHeaps(before, after, { limit: MAX_HOLDERS });
    return {
      holders: suspects.filter(({ grewBytes = 0 }) => grewBytes > 0).map(({ holder }) => holder),
      classes: classes
        .map(({ className, counts }) => ({ className, more: (counts.at(-1) ?? 0) - (counts[0] ?? 0) }))
        .filter(({ more }) => more > 0)
        .slice(0, MAX_CLASSES)
        .map(({ className, more }) => `${className} (+${more})`),
    };
  } catch {
    // The leak is proven without them: what goes wrong here must not take its place.
    return NO_GROWERS;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Names who holds most of this thread's heap now, the largest first. Empty: nobody stands out, or a snapshot does not fit. */
export function nameLargest(): string[] {
  const folder = newFolder();
  try {
    const { file } = capture(join(folder, "only.heapsnapshot"), MAX_ONLY_PAUSE_MS);
    using graph = openHeap(file);
    return findSuspects(graph, { limit: MAX_HOLDERS }).map((suspect) => describeLargest(graph, suspect));
  } catch {
    // As above: growth is told without them.
    return [];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A worker's modules hang below the runner's tables: the name next to the holder, of a variable or an export, is the suite's own. */
function describeLargest(graph: HeapGraph, { holder, holderId, className, retainedBytes }: Suspect): string {
  const node = holderId === undefined ? undefined : graph.nodeWithId(holderId);
  const edges = node === undefined ? [] : graph.pathFromRoot(node);
  const near = edges.findLast(({ type, name }) => NAMED.has(type) && typeof name === "string");
  const words = near ? `${className} behind ${String(near.name).replace(/^get /, "")}` : holder;
  return `${words} (${formatBytes(retainedBytes)})`;
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), "plimsoll-leak-"));
}

function capture(file: string, maxPauseMs = MAX_PAUSE_MS): CapturedHeap {
  forceGC();
  return captureHeap({ file, maxPauseMs });
}
