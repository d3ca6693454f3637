/**
 * A history in PostgreSQL, for several machines: each append is a row of its own transaction, so what was taken
 * is as safe as the server keeps its commits. One writer holds an advisory lock, which ends with its connection; others read. Needs the
 * optional peer `pg`: its pool is given, nothing is imported.
 */
import { PlimsollError } from "../../base/errors.ts";
import type { HistoryDriver, HistoryStorage, StoredFile } from "../driver.ts";

/** What is used of a client of `pg`. */
export interface PostgresClient {
  /** Runs a statement. */
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
  /** Tells that the connection is lost. */
  on(event: "error", listener: (error: Error) => void): unknown;
  /** Takes a listener away. */
  off(event: "error", listener: (error: Error) => void): unknown;
  /** Gives the connection back to its pool; with `true` it is closed. */
  release(destroy?: boolean): void;
}

/** What is used of a `Pool` of `pg`. */
export interface PostgresPool {
  /** Takes a connection out of the pool. */
  connect(): Promise<PostgresClient>;
}

/** A history in PostgreSQL. */
export interface PostgresHistoryOptions {
  /** A `Pool` of `pg`. Each opened history takes one connection of it. */
  readonly pool: PostgresPool;
  /** The name of the history; many fit into one table. */
  readonly name: string;
  /** Letters, digits and `_`. It is made when it is not there. Default: `plimsoll_history`. */
  readonly table?: string;
}

/**
 * A history in a table of PostgreSQL.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_BAD_OPTION` when the table's name is not letters, digits and `_`.
 */
export function postgresHistory({ pool, name, table = "plimsoll_history" }: PostgresHistoryOptions): HistoryDriver {
  if (!/^[A-Za-z_]\w{0,62}$/.test(table)) {
    throw new PlimsollError("ERR_PLIMSOLL_BAD_OPTION", `The table's name must be letters, digits and _, not ${table}.`);
  }
  const shown = `postgres:${table}/${name}`;
  return {
    name: shown,
    async open(mode) {
      const client = await pool.connect();
      // The next statement fails, which is where somebody can act on it.
      client.on("error", ignore);
      try {
        await makeTable(client, table);
        if (mode === "write") await lock(client, shown);
        return new TableStorage(client, table, name, mode === "write" ? shown : undefined);
      } catch (error) {
        client.off("error", ignore);
        client.release();
        throw error;
      }
    },
  };
}

function ignore(): void {}

class TableStorage implements HistoryStorage {
  readonly #client: PostgresClient;
  readonly #table: string;
  readonly #history: string;
  /** Held by the writer. */
  readonly #lock: string | undefined;
  /** By file; known to the writer, who is alone. */
  readonly #sizes = new Map<string, number>();
  #isListed = false;
  #tail: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(client: PostgresClient, table: string, history: string, heldLock: string | undefined) {
    this.#client = client;
    this.#table = table;
    this.#history = history;
    this.#lock = heldLock;
  }

  list(): Promise<StoredFile[]> {
    return this.#inOrder(() => this.#list());
  }

  read(name: string, offset: number, length: number): Promise<Uint8Array> {
    return this.#inOrder(async () => {
      const { rows } = await this.#client.query(
        `SELECT start, bytes FROM ${this.#table} WHERE history = $1 AND file = $2 AND start < $4 AND start >=
         (SELECT max(start) FROM ${this.#table} WHERE history = $1 AND file = $2 AND start <= $3) ORDER BY start`,
        [this.#history, name, offset, offset + length],
      );
      const chunks = rows as readonly { readonly start: string; readonly bytes: Uint8Array }[];
      const last = chunks.at(-1);
      const end = last ? Math.min(offset + length, Number(last.start) + last.bytes.length) : offset;
      const result = new Uint8Array(Math.max(0, end - offset));
      if (result.length === 0) return result;
      for (const { start, bytes } of chunks) {
        const at = Number(start);
        result.set(bytes.subarray(Math.max(0, offset - at), end - at), Math.max(0, at - offset));
      }
      return result;
    });
  }

  append(name: string, bytes: Uint8Array): Promise<void> {
    const own = Buffer.from(bytes);
    return this.#inOrder(async () => {
      if (own.length === 0) return;
      if (!this.#isListed) await this.#list();
      const start = this.#sizes.get(name) ?? 0;
      await this.#client.query(`INSERT INTO ${this.#table} (history, file, start, bytes) VALUES ($1, $2, $3, $4)`, [
        this.#history,
        name,
        start,
        own,
      ]);
      this.#sizes.set(name, start + own.length);
    });
  }

  sync(): Promise<void> {
    return this.#inOrder(async () => undefined);
  }

  truncate(name: string, bytes: number): Promise<void> {
    const values = [this.#history, name, bytes];
    return this.#inOrder(async () => {
      const where = "WHERE history = $1 AND file = $2 AND";
      await this.#client.query(`DELETE FROM ${this.#table} ${where} start >= $3::bigint`, values);
      await this.#client.query(
        `UPDATE ${this.#table} SET bytes = substring(bytes for ($3::bigint - start)::int)
         ${where} start + length(bytes) > $3::bigint`,
        values,
      );
      await this.#list();
    });
  }

  remove(name: string): Promise<void> {
    return this.#inOrder(async () => {
      await this.#client.query(`DELETE FROM ${this.#table} WHERE history = $1 AND file = $2`, [this.#history, name]);
      this.#sizes.delete(name);
    });
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    let isLost = false;
    await this.#inOrder(async () => {
      if (this.#lock !== undefined) await this.#client.query(UNLOCK, [this.#lock]);
    }).catch(() => (isLost = true));
    this.#client.off("error", ignore);
    this.#client.release(isLost);
  }

  async #list(): Promise<StoredFile[]> {
    const { rows } = await this.#client.query(
      `SELECT file, max(start + length(bytes)) AS bytes FROM ${this.#table} WHERE history = $1 GROUP BY file`,
      [this.#history],
    );
    const files = rows as readonly { readonly file: string; readonly bytes: string }[];
    this.#sizes.clear();
    for (const { file, bytes } of files) this.#sizes.set(file, Number(bytes));
    this.#isListed = true;
    return files.map(({ file, bytes }) => ({ name: file, bytes: Number(bytes) }));
  }

  /** One statement at a time: a connection has no more. */
  #inOrder<R>(work: () => Promise<R>): Promise<R> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => undefined);
    return done;
  }
}

const UNLOCK = "SELECT pg_advisory_unlock(hashtextextended($1, 0))";

async function lock(client: PostgresClient, name: string): Promise<void> {
  const { rows } = await client.query("SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS taken", [name]);
  if ((rows[0] as { readonly taken: boolean }).taken) return;
  throw new PlimsollError(
    "ERR_PLIMSOLL_HISTORY_LOCKED",
    `The history ${name} is being written through another connection. Close it there, or open with readOnly: true.`,
    { details: { name } },
  );
}

/** Makes the table; not twice at the same time, which PostgreSQL refuses. */
async function makeTable(client: PostgresClient, table: string): Promise<void> {
  const { rows } = await client.query("SELECT to_regclass($1) IS NOT NULL AS there", [table]);
  if ((rows[0] as { readonly there: boolean }).there) return;
  const lockName = `making ${table}`;
  await client.query("SELECT pg_advisory_lock(hashtextextended($1, 0))", [lockName]);
  try {
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${table} (history text, file text, start bigint, bytes bytea NOT NULL,
       PRIMARY KEY (history, file, start))`,
    );
  } finally {
    await client.query(UNLOCK, [lockName]);
  }
}
