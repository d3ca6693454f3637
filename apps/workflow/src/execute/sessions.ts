/**
 * What sessions keep between runs. Those that were used last are in memory, within a bound; the others lie in files, one each. What a node
 * changes is seen by itself at once, and by others when it has finished: a node that fails or is killed has changed nothing.
 */
import { BoundedMap, estimateBytes } from "plimsoll/budget";
import { patch, type Patch } from "plimsoll/history";
import type { SessionView } from "../graph/node.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { Stored, Values } from "./values.ts";

/** A session that a run uses. */
export interface OpenSession {
  readonly id: string | undefined;
  readonly values: Map<string, unknown>;
  bytes: number;
  /** True when its checkpoint holds it as it is, so that changes can be added to it there. */
  isKept: boolean;
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
    if (this.#set.size === 0 && this.#pushed.size === 0) return;
    const { id, values, isKept } = this.#session;
    const path = ["sessions", id, "value"];
    const write = isKept ? change : undefined;
    for (const [key, value] of this.#set) {
      this.#session.bytes += estimateBytes(value) - estimateBytes(values.get(key));
      values.set(key, value);
      write?.set([...path, key], value);
    }
    for (const [key, pushed] of this.#pushed) {
      const list = values.get(key);
      this.#session.bytes += estimateBytes(pushed);
      if (Array.isArray(list)) {
        list.push(...pushed);
        for (const value of pushed) write?.push([...path, key], value);
      } else {
        values.set(key, pushed);
        write?.set([...path, key], pushed);
      }
    }
    if (isKept || id === undefined) return;
    change?.set(["sessions", id], { value: values });
    this.#session.isKept = change !== undefined;
  }
}

interface Entry {
  /** Ends when whoever uses it is done. */
  tail: Promise<void>;
  users: number;
}

/** The sessions of one executor. */
export class Sessions implements Disposable {
  readonly #values: Values;
  readonly #checkpoints: Checkpoints | undefined;
  readonly #warm: BoundedMap<string, OpenSession>;
  /** In files. With checkpoints they are named there instead. */
  readonly #cold = new Map<string, Stored>();
  /** On their way to a file. */
  readonly #cooling = new Map<string, Promise<void>>();
  readonly #used = new Map<string, Entry>();
  #failure: Error | undefined;

  constructor(values: Values, checkpoints: Checkpoints | undefined, memoryBytes: number) {
    this.#values = values;
    this.#checkpoints = checkpoints;
    this.#warm = new BoundedMap({
      name: "sessions",
      memory: Math.max(1, Math.floor(memoryBytes)),
      sizeOf: ({ bytes }) => 500 + bytes,
      onEvict: (id, session) => this.#cool(id, session),
    });
  }

  /** Sessions in memory, and their bytes. */
  get status(): { readonly sessions: number; readonly bytes: number } {
    return { sessions: this.#warm.size, bytes: this.#warm.bytes };
  }

  /** Uses a session; who comes later waits, so that the runs of a session follow one another. */
  async use<R>(id: string | undefined, work: (session: OpenSession) => Promise<R>): Promise<R> {
    if (id === undefined) return work({ id, values: new Map(), bytes: 0, isKept: false });
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
        if (!this.#warm.set(id, session)) this.#cool(id, session);
      }
    } finally {
      leave();
      if (--entry.users === 0) this.#used.delete(id);
    }
  }

  /** Forgets a session in memory; its checkpoint is the caller's. */
  async forget(id: string): Promise<void> {
    await this.#cooling.get(id);
    this.#warm.delete(id);
    const stored = this.#cold.get(id);
    this.#cold.delete(id);
    if (stored) await this.#values.remove(stored);
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
    const stored = this.#checkpoints ? await this.#checkpoints.session(id) : this.#cold.get(id);
    if (!stored) return { id, values: new Map(), bytes: 0, isKept: false };
    const values = (await this.#values.restore(stored).load()) as Map<string, unknown>;
    const session = { id, values, bytes: estimateBytes(values), isKept: "value" in stored };
    if (!("file" in stored)) return session;
    if (this.#checkpoints) {
      await this.#checkpoints.commit(patch().set(["sessions", id], { value: values }));
      session.isKept = true;
    } else this.#cold.delete(id);
    await this.#values.remove(stored);
    return session;
  }

  #cool(id: string, { values }: OpenSession): void {
    const cooled = this.#write(id, values)
      .catch((error: unknown) => void (this.#failure ??= error as Error))
      .finally(() => this.#cooling.delete(id));
    this.#cooling.set(id, cooled);
  }

  async #write(id: string, values: Map<string, unknown>): Promise<void> {
    const stored = await this.#values.write(values, `session ${id}`);
    if (this.#checkpoints) await this.#checkpoints.commit(patch().set(["sessions", id], stored));
    else this.#cold.set(id, stored);
  }
}
