/** Which programs there are, and which of them are watched. */
import { isAbsolute } from "node:path";
import { nameCommand } from "plimsoll/diagnose/remote";
import { formatBytes } from "plimsoll/monitor";
import { z } from "zod";
import type { Answer, Fact } from "../answer/answer.ts";
import { refuse } from "../answer/refuse.ts";
import { defineTool, type Tool } from "../server/tool.ts";
import { listTargets, readTarget } from "../watch/target.ts";
import type { WatchedProgram } from "../watch/watched-program.ts";

const HELLO_MS = 5_000;
const LISTED = 60;

/** A watch, for every tool that takes one. */
export const WATCH: z.ZodString = z.string().max(12).describe("Handle of a watch, such as w1.");
/** A process, for every tool that takes one. */
export const PID: z.ZodInt = z.int().min(1).max(4_194_304).describe("Process id.");

function watchFact(watched: WatchedProgram): Fact {
  const { id, name, pid, isAlive, seconds, outsideOnly, exit } = watched;
  const end = exit ? `, ended with ${exit.signal ?? `code ${exit.code}`}` : isAlive ? "" : ", ended";
  const rssBytes = watched.processes.reduce((sum, one) => sum + (one.resident.at(-1)?.rssBytes ?? 0), 0);
  const how = outsideOnly === undefined ? "seen from inside" : `seen from outside only: ${outsideOnly}`;
  return {
    id,
    says: `${id}: ${name} (pid ${pid}), watched for ${Math.round(seconds)} s${end}; ${rssBytes === 0 ? "" : `${formatBytes(rssBytes)} resident; `}${how}`,
    ...(rssBytes === 0 ? {} : { value: rssBytes, unit: "bytes" }),
  };
}

const list = defineTool({
  name: "list_processes",
  title: "List processes",
  description: "Lists what is watched (handles w1, w2, …) and the Node.js processes of this user that could be.",
  effect: "reads",
  input: {},
  run(_args, { services }): Answer {
    const watches = services.watches.list();
    const watchedPids = new Set(watches.flatMap((one) => one.processes.map(({ pid }) => pid)));
    const others = listTargets()
      .filter(({ pid }) => !watchedPids.has(pid))
      .slice(0, LISTED);
    const facts = others.map(({ pid, name, resident: { rssBytes } }) => ({
      id: `pid.${pid}`,
      says: `pid ${pid}: ${name}, ${formatBytes(rssBytes)} resident`,
      value: rssBytes,
      unit: "bytes",
    }));
    return {
      summary: `${watches.length} watched, ${others.length} further Node.js processes of this user.`,
      facts: [...watches.map(watchFact), ...facts],
      how: "/proc: status, cmdline (base names of program and script alone) and resident set of this user's processes.",
      recheck: "list_processes {}; in a terminal: plimsoll watch",
      next: watches[0]
        ? [`diagnose_growth {"watch":"${watches[0].id}","waitSeconds":40}`]
        : others[0]
          ? ['attach {"pid":…} with one of these']
          : ['start_process {"command":["node","server.js"],"cwd":"/absolute/path"}'],
    };
  },
});

function openedAnswer(watched: WatchedProgram, did: string): Answer {
  const { id, pid, outsideOnly } = watched;
  return {
    summary: `${did} as ${id}${outsideOnly === undefined ? "" : `, from outside only: ${outsideOnly}`}.`,
    facts: [watchFact(watched)],
    how:
      outsideOnly === undefined
        ? "Two samples a second from inside and from /proc, allocation profiles when memory grows. It costs the program some 0.1 % of a core."
        : "Two samples a second from /proc. Kinds within the heap and functions are not seen.",
    recheck: `memory_summary {"watch":"${id}"}; ps -o rss= -p ${pid}`,
    next: [
      `Put the program under its usual load, then diagnose_growth {"watch":"${id}","waitSeconds":40}`,
      `stop_watching {"watch":"${id}"} when you are done`,
    ],
  };
}

const start = defineTool({
  name: "start_process",
  title: "Start a program under watch",
  description:
    "Starts a command under watch, best for finding leaks: everything is seen from the first moment. Its output is discarded (let a shell redirect it if you need it). It is ended by stop_watching, or with this server.",
  effect: "acts",
  grant: "start",
  input: {
    command: z
      .array(z.string().max(8192))
      .min(1)
      .max(200)
      .describe('Program and arguments: ["node", "server.js"]. No shell.'),
    cwd: z.string().max(4096).optional().describe("Absolute path to run in. Default: the server's own."),
    env: z.record(z.string().max(200), z.string().max(8192)).optional().describe("Variables to add."),
  },
  async run({ command, cwd, env }, { services }): Promise<Answer> {
    if (cwd !== undefined && !isAbsolute(cwd))
      throw refuse("cwd is no absolute path.", 'start_process {…, "cwd":"/absolute/path"}');
    const order = { command, ...(cwd === undefined ? {} : { cwd }), ...(env === undefined ? {} : { env }) };
    const watched = await services.watches.start(nameCommand(command), order);
    await watched.awaitHello(HELLO_MS);
    if (!watched.isAlive) {
      await services.watches.stop(watched);
      const { code = null, signal = null } = watched.exit ?? {};
      throw refuse(
        `${watched.name} ended at once with ${signal ?? `code ${code}`}.`,
        "Run it in a shell to see what it says, then start it again.",
        "ERR_PLIMSOLL_START_FAILED",
      );
    }
    return openedAnswer(watched, `Started ${watched.name} (pid ${watched.pid})`);
  },
});

const attach = defineTool({
  name: "attach",
  title: "Watch a running process",
  description:
    "Watches a Node.js process that runs already. SIGUSR1 opens its inspector for some 30 ms, through which an agent is loaded; Node writes two lines to the program's stderr. With enter: false it is watched from outside only, without a trace.",
  effect: "enters",
  input: { pid: PID, enter: z.boolean().default(true).describe("Whether to look inside.") },
  async run({ pid, enter }, { services }): Promise<Answer> {
    const watched = await services.watches.attach(readTarget(pid), enter);
    return openedAnswer(watched, `Watching ${watched.name} (pid ${pid})`);
  },
});

const stop = defineTool({
  name: "stop_watching",
  title: "Stop watching",
  description:
    "Ends a watch. A program that start_process has started is ended with it (SIGTERM, after 3 s SIGKILL); any other goes on.",
  effect: "acts",
  input: { watch: WATCH },
  async run({ watch }, { services }): Promise<Answer> {
    const watched = services.watches.get(watch);
    const started = watched.order !== undefined;
    await services.watches.stop(watched);
    return {
      summary: `${watch} (${watched.name}) is watched no more${started ? ", and ended" : "; it goes on"}.`,
      facts: [],
      how: started
        ? "SIGTERM to the process that start_process has started, SIGKILL after 3 s."
        : "The agent's socket was closed.",
      recheck: `ps -p ${watched.pid}`,
      next: [],
    };
  },
});

/** See the file's head. */
export const WATCHING: readonly Tool[] = [list, start, attach, stop];
