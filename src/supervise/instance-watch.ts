/**
 * What is recorded of an instance, so that each replacement leaves a report: which kind of memory grew, from
 * which code, and how it ended. The same watch as `plimsoll run` keeps over a program.
 */
import { RemoteWatch } from "../monitor/remote/remote-watch.ts";
import type { ExitRecord, RecordedLimit } from "../monitor/remote/recording.ts";
import type { Report } from "../diagnose/report/report.ts";
import { exitReport } from "./exit-report.ts";
import { ExitWatch } from "./exit-watch.ts";

/** How to watch. */
export interface WatchOptions {
  /** Base names of program and script. */
  readonly name: string;
  readonly limit: RecordedLimit;
  /** Whether to record at all. */
  readonly observe: boolean;
}

const SETTLE_MS = 300;

/** Watches one instance to its end. */
export class InstanceWatch {
  readonly #remote: RemoteWatch;
  #exitWatch: ExitWatch | undefined;

  private constructor(remote: RemoteWatch) {
    this.#remote = remote;
  }

  /** @returns `undefined` when nothing shall be recorded. */
  static async open({ name, limit, observe }: WatchOptions): Promise<InstanceWatch | undefined> {
    return observe ? new InstanceWatch(await RemoteWatch.open({ command: name, limit })) : undefined;
  }

  /** What to start the instance with. */
  environment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    return this.#remote.environment(env);
  }

  /** The instance has started. */
  attach(pid: number): void {
    this.#remote.attachRoot(pid);
    this.#exitWatch = new ExitWatch(this.#remote.recording);
  }

  /** The instance has ended: the report on it. */
  async conclude(exit: ExitRecord): Promise<Report> {
    this.#exitWatch?.conclude(exit);
    await this.#remote.settle(SETTLE_MS);
    await this.#remote.close();
    return exitReport(this.#remote.recording);
  }

  /** Ends the watch without a report. */
  async close(): Promise<void> {
    this.#exitWatch?.[Symbol.dispose]();
    await this.#remote.close();
  }
}
