/**
 * What the watcher may ask of the heap, each on request only: its sizes (at once), a census of the main collections (a
 * collection, and about 300 bytes for each of them), and a heap snapshot, whose cost the watcher has predicted before it
 * asks. On Node 20 a debugger session is open meanwhile: without, V8 finds the line ends of a script anew for each closure.
 */
import type { CaptureMessage, CollectionCensus, WatcherRequest } from "../base/wire.ts" with {
  "resolution-mode": "import",
};

const { Session } = require("node:inspector") as typeof import("node:inspector");
const v8 = require("node:v8") as typeof import("node:v8");

type Request = Extract<WatcherRequest, { type: "capture" }>;
type Outcome = Partial<Pick<CaptureMessage, "spaces" | "usedBytes" | "census">>;

type InspectorSession = import("node:inspector").Session;

interface Answer {
  readonly result?: { readonly objectId?: string; readonly value?: unknown };
  readonly objects?: { readonly objectId?: string };
}

const SLOW_LINE_ENDS = 20;
const LARGEST = 3;
/** Runs in the program's own context; sizes only, nothing of what is in them. */
const MEASURE = `function () {
  const sizes = [];
  for (const one of this) {
    try {
      sizes.push(Array.isArray(one) ? one.length : one.size);
    } catch {} // the prototype of a subclass, which is found too, has no size
  }
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return { count: sizes.length, entries: total, largest: sizes.sort((a, b) => b - a).slice(0, ${LARGEST}) };
}`;

let kept: InspectorSession | undefined;

/** Does what is asked, or throws. */
function capture({ what, file, classes = [] }: Request): Outcome {
  if (what === "sizes") {
    const spaces = v8.getHeapSpaceStatistics().map((space) => ({
      name: space.space_name,
      usedBytes: space.space_used_size,
      sizeBytes: space.space_size,
    }));
    return { spaces, usedBytes: v8.getHeapStatistics().used_heap_size };
  }
  const session = connect();
  if (what === "census") return { census: classes.map((name) => measure(session, name)) };
  if (file === undefined) throw new Error("no file was named");
  const isSlow = Number.parseInt(process.versions.node, 10) <= SLOW_LINE_ENDS;
  if (isSlow) session.post("Debugger.enable");
  try {
    v8.writeHeapSnapshot(file);
    return {};
  } finally {
    if (isSlow) session.post("Debugger.disable");
  }
}

/** Never disconnected: with any session that ends V8 forgets the ids of objects, and snapshots could not be compared. */
function connect(): InspectorSession {
  if (kept) return kept;
  kept = new Session();
  kept.connect();
  return kept;
}

function measure(session: InspectorSession, name: string): CollectionCensus {
  const objectGroup = "plimsoll";
  const prototype = post(session, "Runtime.evaluate", { expression: `${name}.prototype`, objectGroup }).result;
  const query = { prototypeObjectId: prototype?.objectId, objectGroup };
  const objectId = post(session, "Runtime.queryObjects", query).objects?.objectId;
  const call = { functionDeclaration: MEASURE, objectId, returnByValue: true };
  const measured = post(session, "Runtime.callFunctionOn", call).result?.value;
  post(session, "Runtime.releaseObjectGroup", { objectGroup });
  return { name, ...(measured as Omit<CollectionCensus, "name">) };
}

/** A session with the own thread answers before `post` returns. */
function post(session: InspectorSession, method: string, params: object): Answer {
  let answer: Answer = {};
  session.post(method, params, (error, result) => {
    if (error) throw new Error(`${method}: ${error.message}`);
    answer = result ?? {};
  });
  return answer;
}

export type { capture };
module.exports = { capture };
