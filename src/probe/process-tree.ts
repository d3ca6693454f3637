/**
 * Which processes a process has started, and what they are. Names are base names of program and
 * script: other arguments may hold secrets and are never returned. Source: proc(5).
 */
import { basename } from "node:path";
import { listSystemDirectory, readSystemLink, readSystemText, type SystemFilesOptions } from "./system-files.ts";

/** A process below another. */
export interface ProcessEntry {
  /** Process id. */
  readonly pid: number;
  /** Process id of the one that started it. */
  readonly parentPid: number;
  /** Base names of program and script, e.g. `node server.js`. */
  readonly name: string;
}

/** Node's options that take their value as the next argument; without them the value would pass for the script. */
const OPTIONS_WITH_VALUE = new Set(
  `-r --require --import --loader --experimental-loader -C --conditions --env-file --env-file-if-exists --title
  --input-type --inspect-port --debug-port --disable-warning --icu-data-dir --openssl-config --redirect-warnings
  --diagnostic-dir --report-dir --report-directory --report-filename --report-signal --heapsnapshot-signal
  --heapsnapshot-near-heap-limit --cpu-prof-dir --cpu-prof-name --heap-prof-dir --heap-prof-name --watch-path --run
  --trace-event-categories --unhandled-rejections --dns-result-order --max-http-header-size --test-name-pattern
  --test-reporter --test-reporter-destination`.split(/\s+/),
);

/**
 * Lists all processes below one, parents before children. A child whose parent has ended belongs to
 * `init` and is not found. Where the kernel lists children per thread that is followed (its cost grows with
 * this tree), else all of `/proc` is read (its cost grows with the machine).
 *
 * @returns an empty list where there are none or the platform does not tell.
 */
export function listDescendants(pid: number, options: SystemFilesOptions = {}): ProcessEntry[] {
  const childrenOf =
    readSystemText("proc/thread-self/children", options) === undefined
      ? childrenByScan(options)
      : (parent: number) => childrenByThread(parent, options);
  const found: ProcessEntry[] = [];
  const seen = new Set([pid]);
  const queue = [pid];
  for (let parentPid = queue.shift(); parentPid !== undefined; parentPid = queue.shift()) {
    for (const child of childrenOf(parentPid)) {
      if (seen.has(child)) continue;
      seen.add(child);
      queue.push(child);
      found.push({ pid: child, parentPid, name: readProcessName(child, options) ?? "?" });
    }
  }
  return found;
}

function childrenByThread(pid: number, options: SystemFilesOptions): number[] {
  return listSystemDirectory(`proc/${pid}/task`, options).flatMap((thread) =>
    (readSystemText(`proc/${pid}/task/${thread}/children`, options) ?? "").split(" ").filter(Boolean).map(Number),
  );
}

function childrenByScan(options: SystemFilesOptions): (parent: number) => number[] {
  const children = new Map<number, number[]>();
  for (const name of listSystemDirectory("proc", options)) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readSystemText(`proc/${name}/stat`, options);
    // "pid (any name, even with parentheses) state parent …"
    const parent = Number(stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
    if (!Number.isInteger(parent)) continue;
    const siblings = children.get(parent);
    if (siblings) siblings.push(Number(name));
    else children.set(parent, [Number(name)]);
  }
  return (parent) => children.get(parent) ?? [];
}

/**
 * Names a process by the base names of its program and, for Node, its script: `node server.js`, `node [eval]`.
 *
 * @returns `undefined` when the process has ended or the platform does not tell.
 */
export function readProcessName(pid: number, options: SystemFilesOptions = {}): string | undefined {
  const commandLine = readSystemText(`proc/${pid}/cmdline`, options);
  if (commandLine === undefined) return undefined;
  const name = nameCommand(commandLine.split("\0"));
  return name === "" ? readSystemText(`proc/${pid}/comm`, options)?.trim() || undefined : name;
}

/** Names a command by the base names of its program and, for Node, its script; leaves all other arguments out. */
export function nameCommand(command: readonly string[]): string {
  const first = command[0] ?? "";
  // A program may overwrite its arguments with a title, such as "npm run build": keep the first word.
  const program = basename(first.startsWith("/") ? first : (first.split(" ")[0] ?? "")).replace(/:$/, "");
  if (!isNodeName(program)) return program;
  const script = scriptOf(command.slice(1));
  return script === undefined ? program : `${program} ${script}`;
}

function scriptOf(nodeArguments: readonly string[]): string | undefined {
  for (let index = 0; index < nodeArguments.length; index += 1) {
    const argument = nodeArguments[index] ?? "";
    if (/^(-e|-p|-pe|--eval|--print)(=|$)/.test(argument)) return "[eval]";
    if (OPTIONS_WITH_VALUE.has(argument)) index += 1;
    else if (argument !== "" && !argument.startsWith("-")) return basename(argument);
  }
  return undefined;
}

function isNodeName(program: string): boolean {
  return /^node(js)?([-.]?\d[\d.]*)?(\.exe)?$/.test(program);
}

/**
 * Whether a process runs Node.js: the calling program's own executable, or one that is called `node`.
 * A renamed or embedded Node (Electron, single executables) is not recognised.
 */
export function isNodeProcess(pid: number, options: SystemFilesOptions = {}): boolean {
  if (pid === process.pid && options.root === undefined) return true;
  // The link of another user's process cannot be read; its arguments can.
  const executable =
    readSystemLink(`proc/${pid}/exe`, options)?.replace(/ \(deleted\)$/, "") ??
    readSystemText(`proc/${pid}/cmdline`, options)?.split("\0")[0] ??
    "";
  return executable === process.execPath || isNodeName(basename(executable));
}
