/**
 * SQLite as the mutable map needs it: the one inside Node.js where there is one (22.13 and later), else better-sqlite3 as an
 * optional peer. Both have the same shape.
 */
import { PlimsollError } from "../../base/errors.ts";

/** A row, or a value to bind. */
export type SqliteValue = string | number | Uint8Array;

/** A prepared statement. */
export interface SqliteStatement {
  /** Executes it. */
  run(...values: SqliteValue[]): { readonly changes: number | bigint };
  /** The first row. */
  get(...values: SqliteValue[]): unknown;
  /** Every row. */
  all(...values: SqliteValue[]): unknown[];
}

/** An open database. */
export interface SqliteDatabase {
  /** Runs statements without results. */
  exec(sql: string): unknown;
  /** Prepares one. */
  prepare(sql: string): SqliteStatement;
  /** Closes it. */
  close(): unknown;
}

/** Which SQLite is used. Default: `node:sqlite` where it exists, else `better-sqlite3`. */
export type SqliteEngine = "node:sqlite" | "better-sqlite3";

/**
 * Opens a database file, which it makes when there is none.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_MISSING_PEER` when there is no such engine here.
 */
export async function openSqlite(path: string, engine: SqliteEngine | undefined): Promise<SqliteDatabase> {
  if (engine !== "better-sqlite3") {
    const builtIn = builtInSqlite();
    if (builtIn) return new builtIn.DatabaseSync(path);
    if (engine) throw missing(`Node.js ${process.versions.node} has no node:sqlite; it comes with Node.js 22.13.`);
  }
  const { default: Database } = await import("better-sqlite3").catch((cause: unknown) => {
    throw missing("The mutable map needs better-sqlite3 on this Node.js: npm install better-sqlite3@12", cause);
  });
  return new Database(path);
}

function builtInSqlite(): { DatabaseSync: new (path: string) => SqliteDatabase } | undefined {
  // @types/node 20 does not know it.
  return process.getBuiltinModule("node:sqlite") as ReturnType<typeof builtInSqlite>;
}

function missing(message: string, cause?: unknown): PlimsollError {
  return new PlimsollError("ERR_PLIMSOLL_MISSING_PEER", message, { cause });
}
