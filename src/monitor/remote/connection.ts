/**
 * One thread of a watched program, at the other end of its socket: what is recorded of it, when it may be
 * asked for profiles, and when it was last heard.
 */
import type { Socket } from "node:net";
import type { HelloMessage, WatcherRequest } from "../../base/wire.ts";
import type { WatchedProcess } from "./process-table.ts";
import { ProfileSchedule } from "./profile-schedule.ts";
import type { ExperimentResult } from "./recording.ts";
import type { SourcePositions } from "./source-positions.ts";
import { ThreadRecorder } from "./thread-recorder.ts";

const MAX_THREADS_KEPT = 64;

/** A thread that has said hello. */
export class Connection {
  /** Of which it is a thread. */
  readonly process: WatchedProcess;
  /** Keeps what it sends. */
  readonly recorder: ThreadRecorder;
  /** When its heap is worth a profile. */
  readonly schedule: ProfileSchedule;
  /** When its last message came. */
  heardAtMs: number;
  readonly #socket: Socket;

  /** @param positions - maps the places that it names through source maps. */
  constructor(socket: Socket, watched: WatchedProcess, hello: HelloMessage, positions: SourcePositions, nowMs: number) {
    this.#socket = socket;
    this.process = watched;
    this.recorder = new ThreadRecorder(hello, positions);
    this.schedule = new ProfileSchedule(hello.timeMs);
    this.heardAtMs = nowMs;
    keepThread(watched, this.recorder);
  }

  /** 0 is the main thread. */
  get threadId(): number {
    return this.recorder.recording.threadId;
  }

  /** Its heap at the last sample. */
  get usedBytes(): number {
    return this.recorder.recording.samples.at(-1)?.heapUsedBytes ?? 0;
  }

  /** It is not silent. */
  hear(nowMs: number): void {
    this.heardAtMs = nowMs;
    delete this.recorder.recording.silentSinceMs;
  }

  /** Lets the next prediction know how long a forced collection has lasted this time. */
  learnFrom({ name, before, pauseMs }: ExperimentResult): void {
    // A turn has two.
    if (before && name !== "trim")
      this.schedule.notePause(name === "turn" ? pauseMs / 2 : pauseMs, before.heapUsedBytes);
  }

  /** Sends a request; one to a thread that has just ended goes nowhere. */
  send(request: WatcherRequest): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify(request)}\n`);
  }
}

/** Programs that start workers by the thousand are kept to the newest; the main thread always stays. */
function keepThread({ recording }: WatchedProcess, recorder: ThreadRecorder): void {
  const { threads } = recording;
  threads.push(recorder.recording);
  if (threads.length <= MAX_THREADS_KEPT) return;
  const oldest = threads.findIndex((thread) => thread.threadId !== 0 && thread.endedAtMs !== undefined);
  if (oldest >= 0) threads.splice(oldest, 1);
}
