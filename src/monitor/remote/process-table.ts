/**
 * The watched tree as the kernel sees it, polled from outside: memory of every process, whether a
 * preload answered from it or not. A process from which none has answered within 2 s is listed as
 * unobserved; one that ends before is left out, as shells and `git` come and go by the dozen. A number
 * that has passed to another process (its start time differs) is a new process.
 */
import { readFileSync } from "node:fs";
import { listDescendants, type ResidentReading, readProcessName, readResident } from "../../probe/process.ts";
import { EvenSeries } from "./even-series.ts";
import type { ProcessRecording, Recording, ResidentSample } from "./recording.ts";

const ANSWER_MS = 2000;
/** Ended processes beyond this are forgotten, those with the smallest peaks first. */
const MAX_PROCESSES = 256;
/** Listing a large tree may take 2 % of one core. */
const REST_PER_LISTING = 50;

/** One process: what is recorded of it, and what is needed to keep on recording. */
export interface WatchedProcess {
  readonly recording: ProcessRecording;
  readonly resident: EvenSeries<ResidentSample>;
  readonly startTicks: string | undefined;
  isListed: boolean;
}

/** Polls the tree and keeps the recording's processes. */
export class ProcessTable {
  readonly #recording: Recording;
  readonly #live = new Map<number, WatchedProcess>();
  readonly #canReadOthers = readResident(process.ppid) !== undefined;
  #rootPid: number | undefined;
  #listAtMs = 0;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  /** Makes `pid` the started command: the recording's first process. */
  attachRoot(pid: number, nowMs: number): void {
    this.#rootPid = pid;
    const root = this.#ensure(pid, readResident(pid)?.parentPid ?? process.pid, nowMs);
    this.#list(root);
    const processes = this.#recording.processes;
    processes.splice(processes.indexOf(root.recording), 1);
    processes.unshift(root.recording);
  }

  /** The process of a preload that has just answered. */
  greet(hello: { pid: number; parentPid: number; node: string; script: string }, nowMs: number): WatchedProcess {
    const entry = this.#ensure(hello.pid, hello.parentPid, nowMs);
    const { recording } = entry;
    recording.observed = true;
    recording.node = hello.node;
    if (recording.name === "?" || !recording.name.includes(" ")) {
      recording.name = readProcessName(hello.pid) ?? `node ${hello.script}`;
    }
    this.#list(entry);
    return entry;
  }

  /** Measures every process once, and looks for new ones. */
  poll(nowMs: number): void {
    if (this.#rootPid === undefined) return;
    if (this.#canReadOthers && nowMs >= this.#listAtMs) {
      const began = performance.now();
      for (const { pid, parentPid, name } of listDescendants(this.#rootPid)) {
        const { recording } = this.#ensure(pid, parentPid, nowMs);
        if (!recording.observed) recording.name = name;
      }
      this.#listAtMs = nowMs + REST_PER_LISTING * (performance.now() - began);
    }
    for (const entry of [...this.#live.values()]) this.#measure(entry, nowMs);
    this.#forget();
  }

  /** Notes the end of a process that is known to have ended. */
  end(pid: number, nowMs: number): void {
    const entry = this.#live.get(pid);
    if (entry === undefined) return;
    entry.recording.endedAtMs ??= nowMs;
    this.#live.delete(pid);
  }

  /** The processes that live, as far as the last poll saw. */
  live(): WatchedProcess[] {
    return [...this.#live.values()];
  }

  /** Their numbers. */
  livePids(): number[] {
    return [...this.#live.keys()];
  }

  /** Where the kernel tells nothing of other processes, what the program says of itself must do. */
  addOwnReading(entry: WatchedProcess, timeMs: number, rssBytes: number): void {
    const { recording } = entry;
    recording.peakRssBytes = Math.max(recording.peakRssBytes, rssBytes);
    if (!this.#canReadOthers) entry.resident.push({ timeMs, rssBytes });
  }

  /** True when the process is gone, or is another one by now. */
  hasEnded(entry: WatchedProcess): boolean {
    const { pid } = entry.recording;
    if (entry.recording.endedAtMs !== undefined) return true;
    return this.#canReadOthers && (readResident(pid) === undefined || readStartTicks(pid) !== entry.startTicks);
  }

  #ensure(pid: number, parentPid: number, nowMs: number): WatchedProcess {
    const known = this.#live.get(pid);
    const startTicks = readStartTicks(pid);
    if (known !== undefined && known.startTicks === startTicks) return known;
    if (known !== undefined) this.end(pid, nowMs);
    const resident = new EvenSeries<ResidentSample>();
    const entry: WatchedProcess = {
      resident,
      startTicks,
      isListed: false,
      recording: {
        pid,
        parentPid,
        name: readProcessName(pid) ?? "?",
        observed: false,
        startedAtMs: nowMs,
        peakRssBytes: 0,
        resident: resident.items,
        threads: [],
      },
    };
    this.#live.set(pid, entry);
    return entry;
  }

  #measure(entry: WatchedProcess, nowMs: number): void {
    const { recording } = entry;
    const reading = this.#canReadOthers ? readResident(recording.pid) : undefined;
    const stat = this.#canReadOthers ? readStat(recording.pid) : undefined;
    if (this.#canReadOthers && (reading === undefined || stat?.startTicks !== entry.startTicks)) {
      this.end(recording.pid, nowMs);
      return;
    }
    if (reading !== undefined) {
      recording.peakRssBytes = Math.max(recording.peakRssBytes, reading.peakRssBytes ?? reading.rssBytes);
      entry.resident.push({ ...toSample(reading, nowMs), ...(stat === undefined ? {} : { cpuMs: stat.cpuMs }) });
    }
    if (!entry.isListed && nowMs - recording.startedAtMs >= ANSWER_MS) this.#list(entry);
  }

  #list(entry: WatchedProcess): void {
    if (entry.isListed) return;
    entry.isListed = true;
    this.#recording.processes.push(entry.recording);
  }

  #forget(): void {
    const { processes } = this.#recording;
    const surplus = processes.length - MAX_PROCESSES;
    if (surplus <= 0) return;
    const ended = processes.slice(1).filter((one) => one.endedAtMs !== undefined);
    const least = new Set(ended.sort((a, b) => a.peakRssBytes - b.peakRssBytes).slice(0, surplus));
    processes.splice(0, processes.length, ...processes.filter((one) => !least.has(one)));
  }
}

function toSample(reading: ResidentReading, timeMs: number): ResidentSample {
  const { rssBytes, anonBytes, fileBytes, sharedBytes, threads } = reading;
  return { timeMs, rssBytes, anonBytes, fileBytes, sharedBytes, threads };
}

/** When a process was started, which together with its number names one process for good; `undefined` when it is gone. */
export function readStartTicks(pid: number): string | undefined {
  return readStat(pid)?.startTicks;
}

/**
 * Of `/proc/<pid>/stat`: field 22, which together with the number names one process for good, and fields 14 and 15,
 * the time it ran, in ticks of 10 ms.
 */
function readStat(pid: number): { readonly startTicks: string | undefined; readonly cpuMs: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { startTicks: fields[19], cpuMs: 10 * (Number(fields[11]) + Number(fields[12])) };
  } catch {
    return undefined;
  }
}
