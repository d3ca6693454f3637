/** What changes a program, behind the grant `act`: a collection, a trim, a drained end, a restart. Each says what it was worth. */
import { describeExperiment, type ExperimentName } from "plimsoll/diagnose/remote";
import { formatBytes } from "plimsoll/monitor";
import { z } from "zod";
import type { Answer } from "../answer/answer.ts";
import { refuse } from "../answer/refuse.ts";
import { defineTool, type Tool, type ToolContext } from "../server/tool.ts";
import type { WatchedProgram } from "../watch/watched-program.ts";
import { PID, WATCH } from "./watching.ts";

const ANSWER_MS = 10_000;
const HELLO_MS = 5_000;
const KILLED_MS = 2_000;

async function tryOn(
  name: ExperimentName,
  watch: string,
  pid: number | undefined,
  maxPauseMs: number,
  { services }: ToolContext,
): Promise<Answer> {
  const watched = services.watches.get(watch);
  const one = watched.findAnswering(pid);
  const result = await watched.remote.experiment(one.pid, name, ANSWER_MS, { maxPauseMs });
  const { sentence, figures = {} } = describeExperiment(result);
  if (result.outcome !== "done")
    throw refuse(`${sentence}.`, `Raise maxPauseMs, or memory_summary {"watch":"${watch}"}.`);
  return {
    summary: `${sentence} (pid ${one.pid}).`,
    facts: Object.entries(figures).map(([id, value]) =>
      id.endsWith("Ms")
        ? { id, says: `${id.slice(0, -2)}: ${value.toFixed(1)} ms`, value: Number(value.toFixed(1)), unit: "ms" }
        : {
            id,
            says: `${id.replace("Bytes", "")}: ${formatBytes(Math.max(0, value))} less than before`,
            value,
            unit: "bytes",
          },
    ),
    how: "Memory read in the program right before and right after, in the same turn of its event loop.",
    recheck: `memory_summary {"watch":"${watch}"}`,
    next: [
      name === "collect"
        ? "What a collection does not free is reachable: compare_heaps tells by whom"
        : "What a trim gives back was freed by the program and kept by the allocator: no leak",
    ],
  };
}

const input = {
  watch: WATCH,
  pid: PID.optional(),
  maxPauseMs: z
    .number()
    .min(1)
    .max(60_000)
    .default(1_000)
    .describe("Not done when it is predicted to stop the thread for longer."),
};

const collect = defineTool({
  name: "force_gc",
  title: "Force a collection",
  description: "Forces a full garbage collection in the program and says what it freed: what stays is reachable.",
  effect: "acts",
  grant: "act",
  input,
  run: ({ watch, pid, maxPauseMs }, context) => tryOn("collect", watch, pid, maxPauseMs, context),
});

const trim = defineTool({
  name: "trim",
  title: "Trim the allocator",
  description:
    "Calls glibc's malloc_trim in the program: what it gives back was freed by the program and kept by the allocator.",
  effect: "acts",
  grant: "act",
  input,
  run: ({ watch, pid, maxPauseMs }, context) => tryOn("trim", watch, pid, maxPauseMs, context),
});

/** SIGTERM, which servers take as: finish what is in flight, take nothing new. */
async function endInPeace(
  watched: WatchedProgram,
  seconds: number,
  { signal, progress }: ToolContext,
): Promise<boolean> {
  progress(0, seconds, "SIGTERM was sent");
  watched.kill("SIGTERM");
  return watched.awaitEnd(seconds * 1000, signal);
}

const endInput = {
  watch: WATCH,
  seconds: z.number().min(0.1).max(600).default(30).describe("How long it may take to finish what is in flight."),
};

const drain = defineTool({
  name: "drain",
  title: "Let a program end",
  description:
    "Asks the program to finish and end (SIGTERM) and waits. It is never killed by this: what will not end is told.",
  effect: "acts",
  grant: "act",
  input: endInput,
  async run({ watch, seconds }, context): Promise<Answer> {
    const watched = context.services.watches.get(watch);
    const began = performance.now();
    if (!(await endInPeace(watched, seconds, context))) {
      throw refuse(
        `${watched.name} (pid ${watched.pid}) has not ended within ${seconds} s of SIGTERM; it still runs.`,
        `Give it longer, or restart {"watch":"${watch}","kill":true} if this server has started it.`,
      );
    }
    const took = (performance.now() - began) / 1000;
    const { code = null, signal = null } = watched.exit ?? {};
    const end = watched.exit ? `with ${signal ?? `code ${code}`}` : "(how, only its parent was told)";
    return {
      summary: `${watched.name} ended ${end} after ${took.toFixed(1)} s.`,
      facts: [
        { id: "took", says: `${took.toFixed(1)} s from SIGTERM to its end`, value: Number(took.toFixed(2)), unit: "s" },
      ],
      how: "SIGTERM to the watched process; its end as the kernel tells it.",
      recheck: `ps -p ${watched.pid}`,
      next: watched.order ? [`restart {"watch":"${watch}"} starts it again`] : [],
    };
  },
});

const restart = defineTool({
  name: "restart",
  title: "Restart a program",
  description:
    "Ends a program that start_process has started (SIGTERM, then SIGKILL only with kill: true) and starts the same command again under a new watch. A bridge until the leak is fixed, no fix.",
  effect: "acts",
  grant: "act",
  input: { ...endInput, kill: z.boolean().default(false).describe("Whether SIGKILL follows when it does not end.") },
  async run({ watch, seconds, kill }, context): Promise<Answer> {
    const { watches } = context.services;
    const watched = watches.get(watch);
    const { order, name } = watched;
    if (!order)
      throw refuse(
        `${watch} (${name}) was started by somebody else: its environment is not known, so it cannot be started the same again.`,
        "Restart it by its own supervisor: systemctl, pm2, docker, plimsoll supervise.",
      );
    if (!(await endInPeace(watched, seconds, context))) {
      if (!kill)
        throw refuse(
          `${name} (pid ${watched.pid}) has not ended within ${seconds} s of SIGTERM; it still runs.`,
          `restart {"watch":"${watch}","kill":true}`,
        );
      watched.kill("SIGKILL");
      await watched.awaitEnd(KILLED_MS);
    }
    const fresh = await watches.start(name, order);
    await fresh.awaitHello(HELLO_MS);
    return {
      summary: `${name} was restarted: it is ${fresh.id} (pid ${fresh.pid}) now; ${watch} keeps what was seen of the old one.`,
      facts: [
        { id: fresh.id, says: `pid ${fresh.pid}, ${fresh.isAlive ? "runs" : "has ended at once"}`, value: fresh.pid },
      ],
      how: "SIGTERM, its end, then the same command, folder and environment. Connections to the old process were not handed over.",
      recheck: `memory_summary {"watch":"${fresh.id}"}`,
      next: [`diagnose_growth {"watch":"${fresh.id}","waitSeconds":40}`],
    };
  },
});

/** See the file's head. */
export const ACTS: readonly Tool[] = [collect, trim, drain, restart];
