/**
 * How many collections of the main classes live and how large the largest are: what can still be asked where a snapshot
 * does not fit. V8 collects garbage first, then hands out every object of a class (`Runtime.queryObjects`, on all Node.js
 * lines); only sizes are read, nothing of what is in them.
 */
import { Session } from "node:inspector";
import {
  type CensusPrediction,
  type HeapSizes,
  predictCapture,
  predictCensus,
  readHeapSizes,
} from "./capture-estimate.ts";
import { type CaptureBounds, readHeadroom, refuseCapture } from "./capture-headroom.ts";
import { countObjects } from "./object-count.ts";

/** A class whose objects are counted. */
export type CensusClass = "Map" | "Set" | "Array";

/** Those that take least first. */
const CENSUS_CLASSES: readonly CensusClass[] = ["Map", "Set", "Array"];

/** Collections of one class. */
export interface ClassCensus {
  /** Of the class. */
  readonly name: CensusClass;
  /** How many live. */
  readonly count: number;
  /** Entries of all together. */
  readonly entries: number;
  /** Entries of the largest, at most three. */
  readonly largest: readonly number[];
}

/** What was counted, and what was left out. */
export interface Census {
  /** Of the classes whose census was predicted to fit. */
  readonly classes: readonly ClassCensus[];
  /** Classes that were left out. */
  readonly refused: readonly CensusClass[];
  /** How long the thread was stopped, in milliseconds. */
  readonly pauseMs: number;
}

const LARGEST = 3;

/**
 * Counts the collections of the calling thread, as far as that is predicted to fit into memory and pause.
 */
export function takeCensus(bounds: CaptureBounds = {}): Census {
  const sizes = readHeapSizes();
  const { objects } = predictCapture(sizes, countObjects(), Number.parseInt(process.versions.node, 10));
  const fits = (name: CensusClass): boolean => fitsCensus(sizes, objects, name, bounds);
  const admitted = CENSUS_CLASSES.filter(fits);
  const began = performance.now();
  const session = new Session();
  session.connect();
  try {
    const classes = admitted.map((name) => measure(session, name));
    const refused = CENSUS_CLASSES.filter((name) => !admitted.includes(name));
    return { classes, refused, pauseMs: performance.now() - began };
  } finally {
    session.disconnect();
  }
}

function fitsCensus(sizes: HeapSizes, objects: number, name: CensusClass, bounds: CaptureBounds): boolean {
  const prediction: CensusPrediction = predictCensus(sizes, objects, name);
  return refuseCapture({ ...prediction, objects, fileBytes: 0, basis: "size" }, readHeadroom(), bounds) === undefined;
}

/** Serialised and run by the inspector, hence with nothing from outside. */
const MEASURE = `function () {
  const sizes = [];
  for (const one of this) {
    try {
      sizes.push(Array.isArray(one) ? one.length : one.size);
    } catch {} // the prototype of a subclass, which is found too, has no size
  }
  let entries = 0;
  for (const size of sizes) entries += size;
  return { count: sizes.length, entries, largest: sizes.sort((a, b) => b - a).slice(0, ${LARGEST}) };
}`;

interface Answer {
  readonly result?: { readonly objectId?: string; readonly value?: unknown };
  readonly objects?: { readonly objectId?: string };
}

function measure(session: Session, name: CensusClass): ClassCensus {
  const objectGroup = "plimsoll";
  const prototype = ask(session, "Runtime.evaluate", { expression: `${name}.prototype`, objectGroup }).result;
  const query = { prototypeObjectId: prototype?.objectId, objectGroup };
  const objectId = ask(session, "Runtime.queryObjects", query).objects?.objectId;
  const call = { functionDeclaration: MEASURE, objectId, returnByValue: true };
  const measured = ask(session, "Runtime.callFunctionOn", call).result?.value;
  ask(session, "Runtime.releaseObjectGroup", { objectGroup });
  return { name, ...(measured as Omit<ClassCensus, "name">) };
}

/** A session with the own thread answers before `post` returns. */
function ask(session: Session, method: string, params: object): Answer {
  let answer: Answer = {};
  session.post(method, params, (error, result) => {
    if (error) throw new Error(`${method}: ${error.message}`);
    answer = result ?? {};
  });
  return answer;
}
