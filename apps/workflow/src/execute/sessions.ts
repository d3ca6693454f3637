/**
 * What sessions keep between runs. Those that were used last are in memory, within a bound; all others lie in files, one each. What a node
 * changes is seen by itself at once, and by others when it has finished: a node that fails or is killed has changed nothing.
 * With checkpoints the changes of a node are written with its end, and go to the file of the session at the end of the run, behind those
 * that are there: a turn costs what it adds, however long the session is.
 */
import { BoundedMap, estimateBytes } from "plimsoll/budget";
import { type Patch } from "plimsoll/history";
import type { SessionView } from "../graph/node.ts";
import type { Checkpoints, SessionRecord } from "./checkpoints.ts";
import { readFrames, writeFrame } from "./frames.ts";
import type { ValueFiles } from "./value-files.ts";

/** One change: of a key, or of the end of its list. */
export type SessionStep =
  | readonly ["set", key: string, value: unknown]
  | readonly ["push", key: string, values: unknown[]];

/** A file with so many times what lives, and this much in any case, is written anew. */
const WASTE_RATIO = 4;
const WASTE_BYTES = 64 * 1024;

/** A session that a run uses. */
export interface OpenSession {
  readonly id: string | undefined;
  readonly values: Map<string, unknown>;
  /** Estimated. */
  bytes: number;
  /** Its file, undefined where there is none yet. */
  record: SessionRecord | undefined;
  /** Changes that are not in its file. */
  pending: SessionStep[];
}

/** A session as one node sees it. */
export class SessionChange implements SessionView {
  readonly #session: OpenSession;
  readonly #set = new Map<string, unknown>();
  readonly #pushed = new Map<string, unknown[]>();

  constructor(session: OpenSession) {
    this.#session = session;
  }

  get(key: string): unknown {
    const value = this.#set.has(key) ? this.#set.get(key) : this.#session.values.get(key);
    const pushed = this.#pushed.get(key);
    return pushed ? [...(Array.isArray(value) ? value : []), ...pushed] : value;
  }

  set(key: string, value: unknown): void {
    this.#pushed.delete(key);
    this.#set.set(key, value);
  }

  push(key: string, ...values: unknown[]): void {
    const pushed = this.#pushed.get(key);
    if (pushed) pushed.push(...values);
    else this.#pushed.set(key, [...values]);
  }

  /** Makes the changes, in memory and in what is written. */
  apply(change: Patch | undefined): void {
    const session = this.#session;
    for (const [key, value] of this.#set) this.#make(["set", key, value], change);
    for (const [key, pushed] of this.#pushed)
      this.#make(Array.isArray(session.values.get(key)) ? ["push", key, pushed] : ["set", key, pushed], change);
  }

  #make(step: SessionStep, change: Patch | undefined): void {
    const { id, pending } = this.#session;
    replay(this.#session, step);
    if (!change || id === undefined) return;
    change.push(["pending", id], step);
    pending.push(step);
  }
}

function replay(session: OpenSession, [what, key, value]: SessionStep): void {
  const before = session.values.get(key);
  session.bytes += estimateBytes(value);
  if (what === "push" && Array.isArray(before)) {
    for (const one of value) before.push(one);
    return;
  }
  session.bytes -= before === undefined ? 0 : estimateBytes(before);
  // A copy: what is written must not change when more is added.
  session.values.set(key, Array.isArray(value) ? [...value] : value);
}

interface Entry {
  /** Ends when whoever uses it is done. */
  tail: Promise<void>;
  users: number;
}

/** The sessions of one executor. */
export class Sessions implements Disposable {
  readonly #files: ValueFiles;
  readonly #checkpoints: Checkpoints | undefined;
  readonly #warm: BoundedMap<string, OpenSession>;
  /** Without checkpoints: those in files. */
  readonly #cold = new Map<string, SessionRecord>();
  /** On their way to a file. */
  readonly #cooling = new Map<string, Promise<void>>();
  readonly #used = new Map<string, Entry>();
  readonly #prefix = `session-${Date.now().toString(36)}-${process.pid.toString(36)}`;
  #names = 0;
  #failure: Error | undefined;

  constructor(files: ValueFiles, checkpoints: Checkpoints | undefined, memoryBytes: number) {
    this.#files = files;
    this.#checkpoints = checkpoints;
    this.#warm = new BoundedMap({
      name: "sessions",
      memory: Math.max(1, Math.floor(memoryBytes)),
      sizeOf: ({ bytes }) => 500 + bytes,
      onEvict: (_id, session) => this.#cool(session),
    });
  }

  /** Sessions in memory, and their bytes. */
  get status(): { readonly sessions: number; readonly bytes: number } {
    return { sessions: this.#warm.size, bytes: this.#warm.bytes };
  }

  /** Uses a session; who comes later waits, so that the runs of a session follow one another. */
  async use<R>(id: string | undefined, work: (session: OpenSession) => Promise<R>): Promise<R> {
    if (id === undefined) return work({ id, values: new Map(), bytes: 0, record: undefined, pending: [] });
    const entry = this.#used.get(id) ?? { tail: Promise.resolve(), users: 0 };
    this.#used.set(id, entry);
    entry.users++;
    const before = entry.tail;
    let leave = (): void => undefined;
    entry.tail = new Promise((resolve) => (leave = resolve));
    try {
      await before;
      const session = await this.#open(id);
      try {
        return await work(session);
      } finally {
        if (!this.#warm.set(id, session)) this.#cool(session);
      }
    } finally {
      leave();
      if (--entry.users === 0) this.#used.delete(id);
    }
  }

  /**
   * Brings what a run has changed to the file of its session.
   *
   * @returns the file that is of no use once `change` is safe.
   */
  async save(session: OpenSession, change: Patch): Promise<string | undefined> {
    const { id, pending, record, values, bytes } = session;
    if (id === undefined) return undefined;
    change.delete(["pending", id]);
    if (pending.length === 0) return undefined;
    const isWaste = record !== undefined && record.bytes > WASTE_RATIO * bytes + WASTE_BYTES;
    const steps = isWaste ? [...values].map(([key, value]): SessionStep => ["set", key, value]) : pending;
    const at = isWaste ? 0 : (record?.bytes ?? 0);
    const file = isWaste || !record ? this.#newName() : record.file;
    const frame = writeFrame(steps);
    await this.#files.append(file, at, frame);
    session.record = { file, bytes: at + frame.length };
    session.pending = [];
    this.#checkpoints?.sessions.set(id, session.record);
    change.set(["sessions", id], session.record);
    return isWaste ? record.file : undefined;
  }

  /** Forgets a session in memory; its checkpoint is the caller's. */
  async forget(id: string): Promise<void> {
    await this.#cooling.get(id);
    this.#warm.delete(id);
    const record = this.#cold.get(id);
    this.#cold.delete(id);
    if (record) await this.#files.remove(record.file);
  }

  /** Waits for what is on its way to files. */
  async settle(): Promise<void> {
    await Promise.all(this.#cooling.values());
    if (this.#failure) throw this.#failure;
  }

  [Symbol.dispose](): void {
    this.#warm[Symbol.dispose]();
  }

  async #open(id: string): Promise<OpenSession> {
    await this.#cooling.get(id);
    if (this.#failure) throw this.#failure;
    const warm = this.#warm.get(id);
    if (warm) {
      this.#warm.delete(id);
      return warm;
    }
    const record = this.#checkpoints ? this.#checkpoints.sessions.get(id) : this.#cold.get(id);
    const pending = this.#checkpoints?.pending.get(id) ?? [];
    this.#checkpoints?.pending.delete(id);
    this.#cold.delete(id);
    const session: OpenSession = { id, values: new Map(), bytes: 0, record, pending };
    if (record) {
      const written = await this.#files.readUntil(record.file, record.bytes);
      for (const steps of readFrames(written, record.file))
        for (const step of steps) replay(session, step as SessionStep);
      if (!this.#checkpoints) await this.#files.remove(record.file);
    }
    for (const step of pending) replay(session, step);
    return session;
  }

  /** With checkpoints its file has it already, or the checkpoint has what its file has not. */
  #cool({ id, values, pending }: OpenSession): void {
    if (id === undefined) return;
    if (this.#checkpoints) {
      if (pending.length > 0) this.#checkpoints.pending.set(id, pending);
      return;
    }
    const cooled = this.#write(id, values)
      .catch((error: unknown) => void (this.#failure ??= error as Error))
      .finally(() => this.#cooling.delete(id));
    this.#cooling.set(id, cooled);
  }

  async #write(id: string, values: Map<string, unknown>): Promise<void> {
    const file = this.#newName();
    const frame = writeFrame([...values].map(([key, value]) => ["set", key, value]));
    await this.#files.append(file, 0, frame);
    this.#cold.set(id, { file, bytes: frame.length });
  }

  #newName(): string {
    return `${this.#prefix}-${(this.#names++).toString(36)}`;
  }
}
