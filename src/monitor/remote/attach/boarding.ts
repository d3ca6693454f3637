/**
 * What is evaluated in a program that is entered, and what its answer means: expressions that hold on
 * every Node.js line and need nothing of the program's own.
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
  readonly outcome: "aboard" | "already-watched" | "another-process" | "failed";
  /** Node's version, without the `v`. */
  readonly node: string;
  /** Why it failed. */
  readonly reason?: string;
}

/** `process.getBuiltinModule` came with Node 20.16; before, the console's own `require` must do. */
const BUILTIN = "(process.getBuiltinModule ?? require)";

/** Ends the inspector's thread and its port at once; it comes again with the next signal. */
export const CLOSE_EXPRESSION = `${BUILTIN}("node:inspector").close()`;

/** Loads the agent from the run's directory and starts it. */
export function makeBoardingExpression(pid: number, pass: BoardingPass): string {
  const file = JSON.stringify(pass.preloadFile.replace(/preload\.cjs$/, "boarding.cjs"));
  const { isInherited, ...rest } = pass;
  const inheritedFlag = isInherited ? appendPreload(undefined, pass.preloadFile) : undefined;
  const told = JSON.stringify({ ...rest, pid, inheritedFlag });
  return `${BUILTIN}("node:module").createRequire(${file})(${file}).board(${told})`;
}

/** Checks an answer before it is believed. */
export function parseBoardingAnswer(value: unknown): BoardingAnswer | undefined {
  const answer = value as Partial<BoardingAnswer> | null | undefined;
  return typeof answer?.outcome === "string" && typeof answer.node === "string"
    ? (answer as BoardingAnswer)
    : undefined;
}
