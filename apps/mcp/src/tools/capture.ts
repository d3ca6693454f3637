/** Taking a heap snapshot, which can end a program: predicted first, done when it was confirmed, refused where it does not fit. */
import { captureRemote, planRemoteCapture } from "plimsoll/diagnose/remote";
import { formatBytes, type PlimsollError } from "plimsoll/monitor";
import { z } from "zod";
import type { Answer, Fact } from "../answer/answer.ts";
import { refuse } from "../answer/refuse.ts";
import { defineTool, type Tool } from "../server/tool.ts";
import { PID, WATCH } from "./watching.ts";

/** The heap grows until the next call. */
const PAUSE_MARGIN = 1.5;

/** See the file's head. */
export const CAPTURE: Tool = defineTool({
  name: "capture_heap",
  title: "Take a heap snapshot",
  description:
    "Takes a heap snapshot of the main thread, if it is predicted to fit: first call without confirm to learn the pause and memory that it costs, then with confirm: true. Refused where it could end the program. Take the first one after warm-up, further ones after the same amount of work each.",
  effect: "enters",
  input: {
    watch: WATCH,
    pid: PID.optional(),
    confirm: z.boolean().default(false).describe("Whether to do it. Default: only predict."),
    maxPauseSeconds: z.number().min(0.01).max(600).default(5).describe("Longest pause that may be predicted."),
  },
  async run({ watch, pid, confirm, maxPauseSeconds }, { services, progress, signal }): Promise<Answer> {
    const watched = services.watches.get(watch);
    const one = watched.findAnswering(pid);
    const options = { remote: watched.remote, maxPauseMs: maxPauseSeconds * 1000 };
    const { prediction, headroom, refusal } = await planRemoteCapture(one.pid, options);
    const { objects, extraBytes, pauseMs, fileBytes, basis } = prediction;
    const cost: Fact[] = [
      {
        id: "predicted_pause",
        says: `the program stands still for at most ${(pauseMs / 1000).toFixed(1)} s`,
        value: Math.round(pauseMs),
        unit: "ms",
      },
      {
        id: "predicted_memory",
        says: `it takes at most ${formatBytes(extraBytes)} more, most of which stays with it`,
        value: Math.round(extraBytes),
        unit: "bytes",
      },
      {
        id: "headroom",
        says:
          headroom.bytes === Infinity
            ? "no limit is near"
            : `${formatBytes(headroom.bytes)} are left below ${headroom.source}`,
        value: headroom.bytes,
        unit: "bytes",
      },
      {
        id: "objects",
        says: `about ${objects.toLocaleString("en")} objects, a file of at most ${formatBytes(fileBytes)}`,
        value: objects,
        unit: "objects",
      },
    ];
    const how = `Objects counted in ${basis === "pages" ? "a sample of the heap's pages, from outside" : "the heap's size only"}; upper bounds, see docs/cli.md#plimsoll-heap-capture.`;
    const instead = insteadOf(watch, refusal, confirm);
    if (!confirm) {
      if (refusal) throw refuse(refusal.message.replaceAll("\n", " "), instead, "ERR_PLIMSOLL_CAPTURE_REFUSED");
      const call = `capture_heap {"watch":"${watch}"${pid === undefined ? "" : `,"pid":${pid}`},"confirm":true}`;
      return {
        summary: `Nothing was done yet. A snapshot of pid ${one.pid} would fit: ${cost[0]?.says}.`,
        facts: cost,
        how,
        recheck: `capture_heap {"watch":"${watch}"}`,
        next: [call],
      };
    }
    signal.throwIfAborted();
    progress(0, 2, "capturing: the program stands still");
    const file = services.snapshots.newFile(one.pid);
    const { trial, error, file: written } = await captureRemote(one.pid, file, { ...options, say: () => {} });
    if (written === undefined) {
      const details = trial.details.map((line) => ` ${line}.`).join("");
      throw refuse(
        `${trial.sentence}${details}`,
        insteadOf(watch, error, true),
        error?.code ?? "ERR_PLIMSOLL_CAPTURE_FAILED",
      );
    }
    const snapshot = services.snapshots.add(written, one.pid);
    const { pauseMs: tookMs = 0 } = trial.figures ?? {};
    const others = services.snapshots
      .list()
      .filter((other) => other.pid === one.pid)
      .slice(-3);
    return {
      summary: `Snapshot ${snapshot.id} of pid ${one.pid} (${watched.name}), at second ${watched.seconds.toFixed(1)} of ${watch}.`,
      facts: [
        {
          id: snapshot.id,
          says: `${formatBytes(snapshot.fileBytes)} in a file that only its owner may read; removed when this server ends`,
          value: snapshot.fileBytes,
          unit: "bytes",
        },
        {
          id: "pause",
          says: `the program stood still for ${(tookMs / 1000).toFixed(2)} s`,
          value: Math.round(tookMs),
          unit: "ms",
        },
        ...cost,
      ],
      how: `v8.writeHeapSnapshot in the program. ${how}`,
      recheck: "list_snapshots {}",
      next:
        others.length < 2
          ? [
              `Let the program work on as much as before, then capture again; heap_suspects {"snapshot":"${snapshot.id}"} shows who is large, not who leaks`,
            ]
          : [
              comparison(others.map(({ id }) => id)),
              ...(others.length === 2 ? ["A third one tells a leak from a warm-up"] : []),
            ],
    };
  },
});

/** Where only the pause stands in the way, a client may allow a longer one. */
function insteadOf(watch: string, refusal: PlimsollError | undefined, confirm: boolean): string {
  const { reason, pauseMs } = refusal?.details ?? {};
  const seconds = typeof pauseMs === "number" ? Math.ceil((pauseMs * PAUSE_MARGIN) / 1000) : 0;
  if (reason !== "pause" || seconds === 0) return `allocation_hot_spots {"watch":"${watch}"} needs no snapshot.`;
  const call = `capture_heap {"watch":"${watch}",${confirm ? '"confirm":true,' : ""}"maxPauseSeconds":${seconds}}`;
  return `${call} where nobody waits for the program; else allocation_hot_spots {"watch":"${watch}"} needs no snapshot.`;
}

function comparison([first, second, third]: readonly string[]): string {
  return third === undefined
    ? `compare_heaps {"first":"${first}","last":"${second}"}`
    : `compare_heaps {"first":"${first}","between":"${second}","last":"${third}"}`;
}
