/** Programs that run already: started bare, with all that they write, and killed when a test ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import {
  type AttachOptions,
  type Attached,
  attachInspector,
} from "../../../../src/monitor/remote/attach/attach-inspector.ts";
import { isRefusal, type Refusal } from "../../../../src/monitor/remote/attach/refusal.ts";
import { keepOwn, listNetworkListeners } from "../../../../src/monitor/remote/attach/listeners.ts";
import type { ProcessRecording } from "../../../../src/monitor/remote/recording.ts";
import { RemoteWatch } from "../../../../src/monitor/remote/remote-watch.ts";

const DEADLINE_MS = 60_000;
/** What Node itself writes of its inspector. */
const NOTICES = /^(Debugger (listening on|attached|ending)|For help, see: ).*\n/gm;

/** A running program. */
export class Program implements Disposable {
  readonly pid: number;
  readonly child: ChildProcess;
  stdout = "";
  stderr = "";
  readonly #ended: Promise<void>;

  constructor(node: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(node, [...args], {
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: DEADLINE_MS,
      killSignal: "SIGKILL",
    });
    this.pid = this.child.pid ?? 0;
    this.child.stdout?.on("data", (chunk: Buffer) => (this.stdout += chunk.toString()));
    this.child.stderr?.on("data", (chunk: Buffer) => (this.stderr += chunk.toString()));
    this.#ended = new Promise((resolve) => void this.child.once("close", () => resolve()));
  }

  /** Starts code that writes `ready` when it is so. */
  static async start(node: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Program> {
    const program = new Program(node, args, env);
    await until(() => program.stdout.includes("ready") || program.child.exitCode !== null);
    if (!program.stdout.includes("ready")) throw new Error(`the program has not come up: ${program.stderr}`);
    return program;
  }

  /** What the program itself wrote to stderr. */
  get ownWords(): string {
    return this.stderr.replace(NOTICES, "");
  }

  /** Ports that it listens on. */
  get ports(): number[] {
    return keepOwn(this.pid, listNetworkListeners(this.pid)).map(({ port }) => port);
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Kills it, and waits for its end. */
  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.#ended;
  }

  [Symbol.dispose](): void {
    this.child.kill("SIGKILL");
  }
}

/** A watch of a program, entered or not. */
export interface Visit extends AsyncDisposable {
  readonly outcome: Attached | Refusal;
  readonly watch: RemoteWatch;
  readonly root: ProcessRecording;
}

/** Opens a watch and enters the program; other tests of this machine use the same port, so waiting for it is long. */
export async function visit(pid: number, options: Partial<AttachOptions> = {}, isInherited = false): Promise<Visit> {
  const watch = await RemoteWatch.open({
    command: "node",
    limit: { bytes: null, source: "none" },
    sampleIntervalMs: 50,
  });
  watch.attachRoot(pid);
  const outcome = await attachInspector(pid, { pass: watch.boardingPass({ isInherited }), lockMs: 60_000, ...options });
  const root = watch.recording.processes[0];
  if (root === undefined) throw new Error("nothing is recorded");
  return { outcome, watch, root, [Symbol.asyncDispose]: () => watch.close() };
}

/** The outcome, which must be a success. */
export function expectAttached(outcome: Attached | Refusal): Attached {
  if (isRefusal(outcome)) throw new Error(`refused: ${outcome.message}`);
  return outcome;
}

/** The outcome, which must be a refusal in one sentence. */
export function expectRefusal(outcome: Attached | Refusal): Refusal {
  if (!isRefusal(outcome)) throw new Error("not refused");
  expect(outcome.message).toMatch(/^(Process|Plimsoll|It|Attaching|Another|\d).*[^.]\.$/);
  return outcome;
}

/** Waits, at most 20 s, until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000 && !holds(); tries += 1) await sleep(20);
  expect(holds()).toBe(true);
}
