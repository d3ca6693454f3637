/**
 * Where a session is kept between visits: a history on the origin private file system, on IndexedDB where that is not there. The bytes
 * of a session are kept in pieces, so that what did not change is not written again.
 */
import {
  type HistoryDriver,
  HistoryStore,
  indexedDbHistory,
  opfsHistory,
  PlimsollError,
} from "plimsoll/history/browser";
import type { OutputLine } from "./protocol.ts";

/** A session as it is kept. */
export interface KeptSession {
  readonly text: string;
  readonly lines: readonly OutputLine[];
  readonly bytes: Uint8Array;
}

interface Pieces {
  readonly text: string;
  readonly lines: readonly OutputLine[];
  readonly pieces: readonly Uint8Array[];
}

const NAME = "plimsoll-lisp-playground";
const MEMORY = "16mb";
const PIECE_BYTES = 16_384;
const KEPT_STEPS = 20;

/** The sessions of this origin; the newest counts. */
export class SessionStore {
  /** What it stands on, for people. */
  readonly kind: string;
  readonly #store: HistoryStore<Pieces>;
  #saves = 0;

  private constructor(kind: string, store: HistoryStore<Pieces>) {
    this.kind = kind;
    this.#store = store;
  }

  /** Opens what the browser offers. `only` is for tests. @throws Error when another tab has it, or nothing is offered. */
  static async open(only?: HistoryDriver): Promise<SessionStore> {
    const drivers: readonly (readonly [string, HistoryDriver])[] =
      only === undefined
        ? [
            ["OPFS", opfsHistory(NAME)],
            ["IndexedDB", indexedDbHistory(NAME)],
          ]
        : [["memory", only]];
    let failure: unknown;
    for (const [kind, driver] of drivers) {
      try {
        return new SessionStore(kind, await HistoryStore.open<Pieces>({ driver, memory: MEMORY }));
      } catch (error) {
        if (PlimsollError.is(error, "ERR_PLIMSOLL_HISTORY_LOCKED"))
          throw new Error("another tab has the playground open; close it and load this page again", { cause: error });
        failure = error;
      }
    }
    throw failure;
  }

  /** The session that was kept last. */
  async last(): Promise<KeptSession | undefined> {
    if (this.#store.step === 0) return undefined;
    const { pieces, ...rest } = await this.#store.load();
    const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return { ...rest, bytes };
  }

  /** Keeps a session, and drops old ones now and then. */
  async keep({ bytes, ...rest }: KeptSession): Promise<void> {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) pieces.push(bytes.slice(at, at + PIECE_BYTES));
    this.#store.save({ ...rest, pieces });
    await this.#store.flush();
    if (++this.#saves % KEPT_STEPS === 0) await this.#store.thin({ last: 1 });
  }
}
