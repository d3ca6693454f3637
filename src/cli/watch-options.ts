/**
 * Reads what was typed after `plimsoll watch`: whom to watch, for how long, and what is to be done besides
 * looking. Each such thing says which right it needs where that is missing.
 */
import { type OptionTable, parseOptions, usage } from "./arguments.ts";
import { parseDuration } from "./duration.ts";
import { findProgram, installCommand } from "./installation.ts";
import { type ExampleOf, readReportOptions, REPORT_OPTIONS, type ReportOptions, text } from "./report-options.ts";
import { findTarget, type TargetProcess } from "./target-process.ts";

const EXAMPLE = "plimsoll watch 4711";
const OPTIONS: OptionTable = {
  ...REPORT_OPTIONS,
  for: { type: "string" },
  attach: { type: "boolean" },
  "native-heap": { type: "boolean" },
  reclaim: { type: "boolean" },
  syscalls: { type: "string" },
  "on-limit": { type: "string" },
};
/** Tracing slows the program down. */
const MAX_SYSCALLS_MS = 30_000;

/** What shall happen at the limit: a signal, or a command of the user's. */
export type LimitAction = "term" | "kill" | { readonly command: string };

/** What `plimsoll watch` shall do. */
export interface WatchOptions extends ReportOptions {
  readonly target: TargetProcess;
  /** Default: until the process ends, or Ctrl-C. */
  readonly forMs: number | undefined;
  readonly attach: boolean;
  readonly nativeHeap: boolean;
  readonly reclaim: boolean;
  /** strace, and how long it shall count. */
  readonly syscalls: { readonly program: string; readonly ms: number } | undefined;
  readonly onLimit: LimitAction | undefined;
}

/**
 * Reads the arguments of `watch`.
 *
 * @returns `undefined` when nobody was named.
 * @throws PlimsollError `ERR_PLIMSOLL_USAGE` or `ERR_PLIMSOLL_BAD_SIZE`.
 */
export function parseWatchOptions(args: readonly string[]): WatchOptions | undefined {
  const { values, positionals } = parseOptions(args, OPTIONS, EXAMPLE);
  const [word, ...more] = positionals;
  if (word === undefined) return undefined;
  if (more.length > 0) throw usage("watch takes one process id.", EXAMPLE);
  const target = findTarget(word);
  const { pid } = target;
  const exampleOf = watchExample(pid);
  const forText = text(values["for"]);
  const options: WatchOptions = {
    target,
    forMs: forText === undefined ? undefined : parseDuration("for", forText, exampleOf("--for 60s")),
    attach: values["attach"] === true,
    nativeHeap: values["native-heap"] === true,
    reclaim: values["reclaim"] === true,
    syscalls: readSyscalls(text(values["syscalls"]), exampleOf("--syscalls 3s")),
    onLimit: readAction(text(values["on-limit"]), values["limit"] !== undefined, exampleOf),
    ...readReportOptions(values, pid, exampleOf),
  };
  checkRights(options, args);
  return options;
}

function readSyscalls(word: string | undefined, example: string): WatchOptions["syscalls"] {
  if (word === undefined) return undefined;
  const ms = parseDuration("syscalls", word, example, MAX_SYSCALLS_MS);
  const program = findProgram("strace");
  if (program === undefined) {
    throw usage(
      "--syscalls counts with strace, which is not installed.\nNothing was watched.",
      installCommand("strace"),
    );
  }
  return { program, ms };
}

function readAction(word: string | undefined, hasLimit: boolean, exampleOf: ExampleOf): LimitAction | undefined {
  if (word === undefined) return undefined;
  const example = exampleOf("--limit 1gb --on-limit term");
  if (word.trim() === "") throw usage("--on-limit needs term, kill or a command.", example);
  if (!hasLimit) throw usage("--on-limit acts on a limit of your own: say which with --limit.", example);
  return word === "term" || word === "kill" ? word : { command: word };
}

/** What asks for more than sizes asks for the same user, and some of it for Node.js. */
function checkRights(options: WatchOptions, args: readonly string[]): void {
  const { target } = options;
  const wanted: readonly (readonly [boolean, string])[] = [
    [options.attach, "--attach sends SIGUSR1"],
    [options.nativeHeap, "--native-heap reads /proc/PID/mem"],
    [options.syscalls !== undefined, "--syscalls traces it"],
    [options.onLimit === "term" || options.onLimit === "kill", "--on-limit sends a signal"],
  ];
  const needs = wanted.find(([isWanted]) => isWanted)?.[1];
  const { pid, name, otherUser, isOurs } = target;
  // Root may send the signal, but the program could not open root's socket.
  if (otherUser !== undefined && needs !== undefined && (!isOurs || options.attach)) {
    const whose = `Process ${pid} (${name}) belongs to user ${otherUser}`;
    const folder = options.reportDir === undefined ? ` --report-dir /tmp/plimsoll-${pid}` : "";
    throw usage(
      `${whose}: ${needs},\nwhich needs to be that user${isOurs ? ", root is not enough" : ""}.`,
      `sudo -u '#${otherUser}' plimsoll watch ${args.join(" ").slice(0, 100)}${folder}`,
    );
  }
  if (!options.attach && (options.reclaim || options.experiments)) {
    const option = options.reclaim ? "--reclaim" : "--experiments";
    throw usage(
      `${option} has to reach into the program, which was not started by plimsoll: add --attach.`,
      `plimsoll watch ${target.pid} --attach ${option}`,
    );
  }
  if (options.attach && !target.isNode) {
    throw usage(
      `Process ${target.pid} (${target.name}) is not Node.js: SIGUSR1 could end it, so --attach is refused.`,
      `plimsoll watch ${target.pid}`,
    );
  }
}

/** A `watch` of this process that works, with an option. */
export function watchExample(pid: number): ExampleOf {
  return (option) => `plimsoll watch ${pid}${option === "" ? "" : ` ${option}`}`;
}
