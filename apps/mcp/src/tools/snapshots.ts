/** Heap snapshots: listed, opened in another process, answered in the words of the source. */
import type { NodeSheet, Suspect } from "plimsoll/heap";
import { formatBytes } from "plimsoll/monitor";
import { z } from "zod";
import type { Answer, Fact } from "../answer/answer.ts";
import { refuse } from "../answer/refuse.ts";
import { percent, signed } from "../answer/sizes.ts";
import { defineTool, type Tool, type ToolContext } from "../server/tool.ts";
import { CAPTURE } from "./capture.ts";

const SNAPSHOT: z.ZodString = z.string().max(12).describe("Handle of a snapshot, such as s1.");
const STAGES: readonly string[] = ["nodes", "edges", "strings", "graph", "compare"];
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
export const SNAPSHOTS: readonly Tool[] = [CAPTURE, open, list, suspects, retaining, compare, duplicates];
