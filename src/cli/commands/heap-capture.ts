/**
 * `plimsoll heap capture PID`: a heap snapshot of a running program, if it is predicted to fit into its memory and into the
 * pause that was allowed. A program under another plimsoll is captured by that one; else it is entered through Node's
 * inspector for as long as the capture lasts.
 */
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { attachInspector, isRefusal, RemoteWatch } from "../../monitor/remote/index.ts";
import { MAX_PAUSE_MS } from "../../heap/capture-headroom.ts";
import { type OptionTable, parseOptions, usage } from "../arguments.ts";
import { type CaptureReply, findWatch, sendOrder, toReply } from "../capture-order.ts";
import type { CommandEnd } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { EXIT } from "../exit-codes.ts";
import { captureRemote } from "../../diagnose/capture-remote.ts";
import type { Output } from "../output.ts";
import { findTarget } from "../target-process.ts";

const EXAMPLE = "plimsoll heap capture 4711";
const OPTIONS: OptionTable = {
  output: { type: "string", short: "o" },
  "max-pause": { type: "string" },
  compact: { type: "boolean" },
  json: { type: "boolean" },
};
/** A watcher looks for orders with each sample, and waits for the program itself. */
const ORDER_MS = 600_000;
const HELLO_MS = 5_000;
const PORT_MS = 2_000;
const POLL_MS = 20;

interface Wanted {
  readonly pid: number;
  readonly file: string;
  readonly maxPauseMs: number;
  readonly isCompact: boolean;
}

/** Captures one process. */
export async function captureCommand(args: readonly string[], output: Output): Promise<CommandEnd> {
  const { values, positionals } = parseOptions(args, OPTIONS, EXAMPLE);
  const [word, ...more] = positionals;
  if (word === undefined || more.length > 0) throw usage("heap capture takes one process id.", EXAMPLE);
  const { pid } = findTarget(word);
  const { output: named, "max-pause": pause, json } = values;
  const isCompact = values["compact"] === true;
  const wanted: Wanted = {
    pid,
    file: resolve(typeof named === "string" ? named : nameFile(pid, isCompact)),
    isCompact,
    maxPauseMs:
      typeof pause === "string" ? parseDuration("max-pause", pause, `${EXAMPLE} --max-pause 5s`) : MAX_PAUSE_MS,
  };
  const keepAlive = setInterval(() => {}, 2 ** 30);
  try {
    const socketPath = findWatch(pid);
    const say = (sentence: string): void => output.say(`plimsoll: ${sentence}`);
    const reply = socketPath === undefined ? await enterAndCapture(wanted, say) : await order(socketPath, wanted);
    tell(reply, wanted, json === true, output);
    return { code: reply.file === undefined ? EXIT.failure : EXIT.ok };
  } finally {
    clearInterval(keepAlive);
  }
}

function nameFile(pid: number, isCompact: boolean): string {
  const time = new Date().toISOString().replace(/[:.]/g, "-").replace("Z", "");
  return join(".", `heap-${pid}-${time}.${isCompact ? "compact" : "heapsnapshot"}`);
}

async function order(socketPath: string, wanted: Wanted): Promise<CaptureReply> {
  const { pid } = wanted;
  const reply = await sendOrder(socketPath, { id: process.pid, ...wanted }, ORDER_MS);
  return (
    reply ?? { sentence: `The plimsoll that watches process ${pid} has not answered: is it stopped?`, details: [] }
  );
}

async function enterAndCapture(
  { pid, file, maxPauseMs, isCompact }: Wanted,
  say: (sentence: string) => void,
): Promise<CaptureReply> {
  const limit = { bytes: null, source: "not read" };
  // Profiles would start the program's sampler, and force collections.
  await using remote = await RemoteWatch.open({ command: "heap capture", limit, allowProfiles: false });
  remote.attachRoot(pid);
  const entry = await attachInspector(pid, { pass: remote.boardingPass({ isInherited: false }) });
  if (isRefusal(entry)) return { sentence: entry.message, details: [] };
  for (const until = performance.now() + HELLO_MS; !remote.captures.canAsk(pid); await sleep(POLL_MS)) {
    if (performance.now() > until) return { sentence: `Process ${pid} was entered, but says nothing.`, details: [] };
  }
  const outcome = await captureRemote(pid, file, { remote, maxPauseMs, isCompact, say });
  await Promise.race([entry.portClosed, sleep(PORT_MS, undefined, { ref: false })]);
  return toReply(outcome);
}

function tell(reply: CaptureReply, { pid }: Wanted, json: boolean, output: Output): void {
  if (json) {
    output.data(JSON.stringify(reply));
    return;
  }
  output.say([`plimsoll: ${reply.sentence}`, ...reply.details].join("\n  "));
  const { reason, predictedPauseMs = 0 } = reply;
  if (reason === "pause")
    output.say(`  try: plimsoll heap capture ${pid} --max-pause ${Math.ceil(predictedPauseMs / 500) / 2}s`);
}
