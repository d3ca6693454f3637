/** Heap snapshots: taken if they fit, opened in another process, answered in the words of the source. */
import { join } from "node:path";
import { captureRemote, planRemoteCapture } from "plimsoll/diagnose/remote";
import type { NodeSheet, Suspect } from "plimsoll/heap";
import { formatBytes, type PlimsollError } from "plimsoll/monitor";
import { z } from "zod";
import type { Answer, Fact } from "../answer/answer.ts";
import { refuse } from "../answer/refuse.ts";
import { percent, signed } from "../answer/sizes.ts";
import { defineTool, type Tool, type ToolContext } from "../server/tool.ts";
import { PID, WATCH } from "./watching.ts";

const SNAPSHOT: z.ZodString = z.string().max(12).describe("Handle of a snapshot, such as s1.");
const STAGES: readonly string[] = ["nodes", "edges", "strings", "graph", "compare"];
/** The heap grows until the next call. */
const PAUSE_MARGIN = 1.5;
/** Of the largest suspect; less is noise beside it. */
const SHOWN_SHARE = 0.02;
const SECRECY = "Names of classes, variables and functions alone; no text of the heap.";

function asking(
  { signal, progress }: ToolContext,
  files = 1,
): { signal: AbortSignal; onStage: (stage: string) => void } {
  let done = 0;
  return { signal, onStage: (stage) => progress((done += 1), files * STAGES.length, `reading the snapshot: ${stage}`) };
}

const capture = defineTool({
  name: "capture_heap",
  title: "Take a heap snapshot",
  description:
    "Takes a heap snapshot of the main thread, if it is predicted to fit: first call without confirm to learn the pause and memory that it costs, then with confirm: true. Refused where it could end the program. Take the first one after warm-up, further ones after the same amount of work each.",
  effect: "enters",
  input: {
    watch: WATCH,
    pid: PID.optional(),
    confirm: z.boolean().default(false).describe("Whether to do it. Default: only predict."),
    maxPauseSeconds: z.number().min(0.01).max(600).default(5).describe("Longest pause that may be predicted."),
  },
  async run({ watch, pid, confirm, maxPauseSeconds }, { services, progress, signal }): Promise<Answer> {
    const watched = services.watches.get(watch);
    const one = watched.findAnswering(pid);
    const options = { remote: watched.remote, maxPauseMs: maxPauseSeconds * 1000 };
    const { prediction, headroom, refusal } = await planRemoteCapture(one.pid, options);
    const { objects, extraBytes, pauseMs, fileBytes, basis } = prediction;
    const cost: Fact[] = [
      {
        id: "predicted_pause",
        says: `the program stands still for at most ${(pauseMs / 1000).toFixed(1)} s`,
        value: Math.round(pauseMs),
        unit: "ms",
      },
      {
        id: "predicted_memory",
        says: `it takes at most ${formatBytes(extraBytes)} more, most of which stays with it`,
        value: Math.round(extraBytes),
        unit: "bytes",
      },
      {
        id: "headroom",
        says:
          headroom.bytes === Infinity
            ? "no limit is near"
            : `${formatBytes(headroom.bytes)} are left below ${headroom.source}`,
        value: headroom.bytes,
        unit: "bytes",
      },
      {
        id: "objects",
        says: `about ${objects.toLocaleString("en")} objects, a file of at most ${formatBytes(fileBytes)}`,
        value: objects,
        unit: "objects",
      },
    ];
    const how = `Objects counted in ${basis === "pages" ? "a sample of the heap's pages, from outside" : "the heap's size only"}; upper bounds, see docs/cli.md#plimsoll-heap-capture.`;
    const instead = insteadOf(watch, refusal, confirm);
    if (!confirm) {
      if (refusal) throw refuse(refusal.message.replaceAll("\n", " "), instead, "ERR_PLIMSOLL_CAPTURE_REFUSED");
      const call = `capture_heap {"watch":"${watch}"${pid === undefined ? "" : `,"pid":${pid}`},"confirm":true}`;
      return {
        summary: `Nothing was done yet. A snapshot of pid ${one.pid} would fit: ${cost[0]?.says}.`,
        facts: cost,
        how,
        recheck: `capture_heap {"watch":"${watch}"}`,
        next: [call],
      };
    }
    signal.throwIfAborted();
    progress(0, 2, "capturing: the program stands still");
    const file = join(services.dir, `heap-${one.pid}-${Date.now()}.heapsnapshot`);
    const { trial, error, file: written } = await captureRemote(one.pid, file, { ...options, say: () => {} });
    if (written === undefined) {
      const details = trial.details.map((line) => ` ${line}.`).join("");
      throw refuse(
        `${trial.sentence}${details}`,
        insteadOf(watch, error, true),
        error?.code ?? "ERR_PLIMSOLL_CAPTURE_FAILED",
      );
    }
    const snapshot = services.snapshots.add(written, one.pid);
    const { pauseMs: tookMs = 0 } = trial.figures ?? {};
    const others = services.snapshots
      .list()
      .filter((other) => other.pid === one.pid)
      .slice(-3);
    return {
      summary: `Snapshot ${snapshot.id} of pid ${one.pid} (${watched.name}), at second ${watched.seconds.toFixed(1)} of ${watch}.`,
      facts: [
        {
          id: snapshot.id,
          says: `${formatBytes(snapshot.fileBytes)} in a file that only its owner may read; removed when this server ends`,
          value: snapshot.fileBytes,
          unit: "bytes",
        },
        {
          id: "pause",
          says: `the program stood still for ${(tookMs / 1000).toFixed(2)} s`,
          value: Math.round(tookMs),
          unit: "ms",
        },
        ...cost,
      ],
      how: `v8.writeHeapSnapshot in the program. ${how}`,
      recheck: "list_snapshots {}",
      next:
        others.length < 2
          ? [
              `Let the program work on as much as before, then capture again; heap_suspects {"snapshot":"${snapshot.id}"} shows who is large, not who leaks`,
            ]
          : [
              comparison(others.map(({ id }) => id)),
              ...(others.length === 2 ? ["A third one tells a leak from a warm-up"] : []),
            ],
    };
  },
});

/** Where only the pause stands in the way, a client may allow a longer one. */
function insteadOf(watch: string, refusal: PlimsollError | undefined, confirm: boolean): string {
  const { reason, pauseMs } = refusal?.details ?? {};
  const seconds = typeof pauseMs === "number" ? Math.ceil((pauseMs * PAUSE_MARGIN) / 1000) : 0;
  if (reason !== "pause" || seconds === 0) return `allocation_hot_spots {"watch":"${watch}"} needs no snapshot.`;
  const call = `capture_heap {"watch":"${watch}",${confirm ? '"confirm":true,' : ""}"maxPauseSeconds":${seconds}}`;
  return `${call} where nobody waits for the program; else allocation_hot_spots {"watch":"${watch}"} needs no snapshot.`;
}

function comparison([first, second, third]: readonly string[]): string {
  return third === undefined
    ? `compare_heaps {"first":"${first}","last":"${second}"}`
    : `compare_heaps {"first":"${first}","between":"${second}","last":"${third}"}`;
}

const open = defineTool({
  name: "open_snapshot",
  title: "Use a snapshot file",
  description:
    "Takes in a .heapsnapshot (or compact) file of this user that something else has written, such as node --heapsnapshot-signal. The file stays where it is.",
  effect: "reads",
  input: { file: z.string().max(4096).describe("Absolute path.") },
  run({ file }, { services }): Answer {
    const { id, fileBytes } = services.snapshots.open(file);
    return {
      summary: `The file is snapshot ${id} now.`,
      facts: [{ id, says: formatBytes(fileBytes), value: fileBytes, unit: "bytes" }],
      how: "Its size alone was read yet.",
      recheck: "list_snapshots {}",
      next: [`heap_suspects {"snapshot":"${id}"}`],
    };
  },
});

const list = defineTool({
  name: "list_snapshots",
  title: "List snapshots",
  description: "Lists the heap snapshots that are kept, by handle. At most 4 GB are; the least recently used go first.",
  effect: "reads",
  input: { drop: SNAPSHOT.optional().describe("Forgets this one first, with its file if this server has written it.") },
  run({ drop }, { services }): Answer {
    if (drop !== undefined) services.snapshots.drop(services.snapshots.get(drop));
    const kept = services.snapshots.list();
    return {
      summary: `${kept.length} snapshots.`,
      facts: kept.map(({ id, pid, fileBytes, takenMs }) => ({
        id,
        says: `${pid === undefined ? "a file of somebody else's" : `pid ${pid}`}, ${formatBytes(fileBytes)}, taken ${new Date(takenMs).toISOString()}`,
        value: fileBytes,
        unit: "bytes",
      })),
      how: "The server's own list.",
      recheck: "list_snapshots {}",
      next: kept[0] ? [`heap_suspects {"snapshot":"${kept[0].id}"}`] : [],
    };
  },
});

function suspectFact(
  { holder, holderId, retainedBytes, grewBytes, share, why, isLeak, path }: Suspect,
  nth: number,
): Fact {
  const size =
    grewBytes === undefined
      ? `${formatBytes(retainedBytes)} (${percent(share)})`
      : `${signed(grewBytes)}, ${formatBytes(retainedBytes)} now`;
  const id = holderId === undefined ? "" : ` @${holderId}`;
  const way = path.length > 1 ? `; path ${path.slice(-4).join(" > ")}` : "";
  return {
    id: `suspect.${nth + 1}`,
    says: `${isLeak ? "LEAK " : ""}${holder}${id}: ${size}. ${why}${way}`,
    value: Math.round(grewBytes ?? retainedBytes),
    unit: "bytes",
  };
}

const suspects = defineTool({
  name: "heap_suspects",
  title: "Who keeps most",
  description:
    "Opens a snapshot: objects below which a large share of the heap hangs, in the words of the source, and the heaviest classes. One snapshot shows size, never growth.",
  effect: "reads",
  input: { snapshot: SNAPSHOT },
  async run({ snapshot }, context): Promise<Answer> {
    const { file } = context.services.snapshots.get(snapshot);
    const found = await context.services.analyst.ask("summary", { file }, asking(context));
    const top = found.suspects.find(({ holderId }) => holderId !== undefined);
    return {
      summary: found.suspects[0]
        ? `Most is kept by ${found.suspects[0].holder} (${percent(found.suspects[0].share)} of ${formatBytes(found.bytes)}).`
        : `No object keeps a large share of ${formatBytes(found.bytes)}.`,
      facts: [
        ...found.suspects.map(suspectFact),
        {
          id: "heap",
          says: `${found.objects.toLocaleString("en")} objects, ${formatBytes(found.bytes)}`,
          value: found.bytes,
          unit: "bytes",
        },
        ...found.classes.map(({ className, count, selfBytes }, nth) => ({
          id: `class.${nth + 1}`,
          says: `${className}: ${count.toLocaleString("en")} objects, ${formatBytes(selfBytes)} by themselves`,
          value: selfBytes,
          unit: "bytes",
        })),
      ],
      how: `Dominators and retained sizes of the whole snapshot. ${SECRECY}`,
      recheck: `plimsoll heap FILE; DevTools, Memory, sorted by retained size`,
      next: [
        ...(top ? [`retaining_path {"snapshot":"${snapshot}","object":${top.holderId}}`] : []),
        "compare_heaps of two or three tells who grows",
      ],
    };
  },
});

const compare = defineTool({
  name: "compare_heaps",
  title: "Who came to hold what is new",
  description:
    "Compares two or three snapshots of one process: which old object came to hold what is new. Only three, at even distances of work, tell a leak (it grew twice by as much) from a warm-up or a full cache.",
  effect: "reads",
  input: { first: SNAPSHOT, between: SNAPSHOT.optional(), last: SNAPSHOT },
  async run({ first, between, last }, context): Promise<Answer> {
    const { snapshots, analyst } = context.services;
    const chosen = [first, ...(between === undefined ? [] : [between]), last].map((id) => snapshots.get(id));
    if (new Set(chosen).size < chosen.length) throw refuse("The same snapshot was named twice.", "list_snapshots {}");
    if (new Set(chosen.map(({ pid }) => pid)).size > 1)
      throw refuse("The snapshots are of different processes: nothing can be compared.", "list_snapshots {}");
    const files = chosen.map(({ file }) => file);
    const found = await analyst.ask("compare", { files }, asking(context, files.length));
    const leak = found.suspects.find(({ isLeak }) => isLeak);
    const top = leak ?? found.suspects[0];
    const grew = `The heap grew by ${signed(found.grewBytes)}`;
    return {
      summary: leak
        ? `LEAK: ${leak.holder} grew twice by about as much. ${grew}.`
        : top
          ? `${grew}; most new is held by ${top.holder}.${between === undefined ? " Two snapshots cannot tell a leak from a warm-up." : " Nothing grew twice by as much: no leak is shown."}`
          : `${grew}; nobody came to hold much.`,
      facts: [
        ...found.suspects.filter((one) => one.isLeak || weight(one) >= SHOWN_SHARE * weight(top)).map(suspectFact),
        {
          id: "new_objects",
          says: `${found.newCount.toLocaleString("en")} objects are new`,
          value: found.newCount,
          unit: "objects",
        },
        ...found.classes.map(({ className, counts, grewBytes }, nth) => ({
          id: `class.${nth + 1}`,
          says: `${className}: ${counts.join(" > ")} objects, ${signed(grewBytes)}`,
          value: grewBytes,
          unit: "bytes",
        })),
      ],
      how: `Objects by id: what is new, below which old dominator. ${SECRECY}`,
      recheck: `The same with snapshots taken later; plimsoll heap diff A B C`,
      next:
        top?.holderId === undefined
          ? ["heap_suspects of the last one"]
          : [`retaining_path {"snapshot":"${last}","object":${top.holderId}}`],
    };
  },
});

function weight(suspect: Suspect | undefined): number {
  return Math.abs(suspect?.grewBytes ?? suspect?.retainedBytes ?? 0);
}

function pathFacts({ path, retainers, references, counts }: NodeSheet): Fact[] {
  const name = ({ how, what, id }: NodeSheet["path"][number]): string => `${how} > ${what} @${id}`;
  const line = (kind: string, list: NodeSheet["path"]): Fact[] =>
    list.map((one, nth) => ({
      id: `${kind}.${nth + 1}`,
      says: `${name(one)}, retains ${formatBytes(one.retainedBytes)}`,
      value: one.retainedBytes,
      unit: "bytes",
    }));
  return [
    // From the object upwards: what is near tells most.
    ...path.toReversed().map((one, nth) => ({ id: `path.${nth + 1}`, says: name(one) })),
    ...line("retainer", retainers),
    ...line("keeps", references),
    { id: "counts", says: `${counts.retainers} references to it, ${counts.references} from it` },
  ];
}

const retaining = defineTool({
  name: "retaining_path",
  title: "Why an object lives",
  description:
    "One object of a snapshot by its id (the number behind @): what it keeps, the shortest path from the root, who refers to it, what it refers to.",
  effect: "reads",
  input: { snapshot: SNAPSHOT, object: z.int().min(1).describe("The number behind @ in other answers.") },
  async run({ snapshot, object }, context): Promise<Answer> {
    const { file } = context.services.snapshots.get(snapshot);
    const showsText = context.grants.has("strings");
    const { sheet, text } = await context.services.analyst.ask(
      "object",
      { file, id: object, showsText },
      asking(context),
    );
    return {
      summary: `${sheet.what} @${object} keeps ${formatBytes(sheet.retainedBytes)}, ${percent(sheet.share)} of the heap.`,
      facts: [...(text === undefined ? [] : [{ id: "text", says: text }]), ...pathFacts(sheet)],
      how: `Shortest path over strong references; edge by edge in V8's words. ${showsText ? "Texts are shown: the operator allowed it." : SECRECY}`,
      recheck: `plimsoll heap node FILE @${object}`,
      next:
        sheet.path.length > 1
          ? [`retaining_path {"snapshot":"${snapshot}","object":${sheet.path.at(-2)?.id}} for its holder`]
          : [],
    };
  },
});

const duplicates = defineTool({
  name: "duplicate_strings",
  title: "Texts that are there many times",
  description:
    "Strings that stand in a heap more than once, by what sharing them would save. The texts themselves only with --allow strings.",
  effect: "reads",
  input: { snapshot: SNAPSHOT },
  async run({ snapshot }, context): Promise<Answer> {
    const { file } = context.services.snapshots.get(snapshot);
    const showsText = context.grants.has("strings");
    const found = await context.services.analyst.ask("duplicates", { file, showsText }, asking(context));
    const wasted = found.reduce((sum, one) => sum + one.wastedBytes, 0);
    return {
      summary: `Sharing the ${found.length} worst texts would save ${formatBytes(wasted)}.`,
      facts: found.map(({ count, wastedBytes, exampleId, text }, nth) => ({
        id: `text.${nth + 1}`,
        says: `${count.toLocaleString("en")} times, ${formatBytes(wastedBytes)} to save, one is @${exampleId}${text === undefined ? "" : `: ${JSON.stringify(text.slice(0, 80))}`}`,
        value: wastedBytes,
        unit: "bytes",
      })),
      how: `Equal texts have one index in the snapshot. ${showsText ? "Texts are shown: the operator allowed it." : SECRECY}`,
      recheck: "retaining_path of an example shows who keeps it",
      next: found[0] ? [`retaining_path {"snapshot":"${snapshot}","object":${found[0].exampleId}}`] : [],
    };
  },
});

/** See the file's head. */
export const SNAPSHOTS: readonly Tool[] = [capture, open, list, suspects, retaining, compare, duplicates];
