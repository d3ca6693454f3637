/**
 * What is evaluated in a program that is entered, and what its answer means: expressions that hold on
 * every Node.js line and use nothing that a program may have replaced. The inspector evaluates also between any two
 * steps of running code. Loading a module while Node is still setting a thread up breaks an assertion and ends the
 * program, so the patient way waits for a microtask, which comes between callbacks, and looks whether modules can be
 * loaded; the urgent way is for a turn that never ends and goes by marks that are set when all that is over.
 */
import { appendPreload } from "../node-options.ts";

/** What the agent is told; `RemoteWatch.boardingPass` has it. */
export interface BoardingPass {
  /** The watcher's socket. */
  readonly socketPath: string;
  /** The preload, in whose directory the agent lies. */
  readonly preloadFile: string;
  /** Milliseconds between samples. Default: 500. */
  readonly intervalMs?: number;
  /** Whether allocations may be sampled. Default: true. */
  readonly mayProfile?: boolean;
  /** Whether programs that the entered one starts from now on are watched too, by its NODE_OPTIONS. */
  readonly isInherited: boolean;
}

/** What the program answers. */
export interface BoardingAnswer {
  readonly outcome: "aboard" | "already-watched" | "another-process" | "starting" | "failed";
  /** Node's version, without the `v`. */
  readonly node: string;
  /** Why it failed. */
  readonly reason?: string;
}

/** `process.getBuiltinModule` came with Node 20.16; before, the console's own `require` must do. */
const LOAD = "const load = process.getBuiltinModule ?? require; const { node } = process.versions;";
const BOARD = `return ready ? load("node:module").createRequire(told.file)(told.file).board(told) : { outcome: "starting", node };`;
const PATIENT = `(async (told) => { ${LOAD} await null; try {
  const ready = load("node:module").globalPaths.length > 0; ${BOARD}
} catch (error) { return { outcome: "failed", node, reason: String(error?.message) }; } })`;
// Node ends an unused stdin of a worker right before it runs the worker's own code.
const URGENT = `((told) => { ${LOAD}
  const ready = told.isWorker ? process.stdin?._readableState?.ended
    : load("node:perf_hooks").performance.nodeTiming.bootstrapComplete > 0; ${BOARD}
})`;

/**
 * Ends the inspector's thread and its port at once. Node answers a signal twice, in the midst of a turn and when the event
 * loop comes around: an inspector that was closed in between opens again, right before the loop gets to its immediates.
 */
export const CLOSE_EXPRESSION = `{
  const load = process.getBuiltinModule ?? require;
  const inspector = load("node:inspector");
  load("node:timers").setImmediate(() => { if (inspector.url()) inspector.close(); }).unref();
  inspector.close();
}`;

/** Both ways to load the agent from the run's directory and start it. */
export function makeBoardingExpressions(
  pid: number,
  { isInherited, ...pass }: BoardingPass,
): { readonly patient: string; readonly urgent: string } {
  const file = pass.preloadFile.replace(/preload\.cjs$/, "boarding.cjs");
  const inheritedFlag = isInherited ? appendPreload(undefined, pass.preloadFile) : undefined;
  // Sent along, because the program's own workers are entered from inside, in the same ways.
  const told = JSON.stringify({ ...pass, pid, file, inheritedFlag, patient: PATIENT, urgent: URGENT });
  return { patient: `${PATIENT}(${told})`, urgent: `${URGENT}(${told})` };
}

/** Checks an answer before it is believed. */
export function parseBoardingAnswer(value: unknown): BoardingAnswer | undefined {
  const answer = value as Partial<BoardingAnswer> | null | undefined;
  return typeof answer?.outcome === "string" && typeof answer.node === "string"
    ? (answer as BoardingAnswer)
    : undefined;
}
