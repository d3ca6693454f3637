/**
 * Samples in one SQLite file, readable by its owner only. The engine is WebAssembly, so that nothing is compiled at installation; it locks
 * by a directory beside the file, which stays behind when a process is killed in the midst of a write: one that is older than any
 * write can last is removed.
 */
import { chmodSync, closeSync, openSync, rmdirSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import sqlite from "node-sqlite3-wasm";
import { pointOf, programOf } from "./history-rows.ts";
import type { HistoryPoint, HistoryProgram, HistoryQuery, HistorySample, SampleHistory } from "./sample-history.ts";

const TABLES = `
create table if not exists samples (
  program text not null, pid integer not null, started_ms integer not null, time_ms integer not null,
  rss integer not null, heap_used integer, external integer, array_buffers integer
);
create index if not exists samples_by_program on samples (program, time_ms);
create index if not exists samples_by_time on samples (time_ms);
`;
/** 1 MiB of pages; the engine's memory only ever grows. */
const PRAGMAS = "pragma cache_size = -1024; pragma journal_mode = delete; pragma synchronous = normal;";
/** A write lasts milliseconds. */
const STALE_LOCK_MS = 10_000;
const BUSY_STEP_MS = 25;
/** Longer than a lock takes to be stale. */
const BUSY_TRIES = 480;

/** The default place. */
export class SqliteHistory implements SampleHistory {
  readonly place: string;
  readonly #file: string;
  readonly #db: sqlite.Database;

  private constructor(file: string, db: sqlite.Database) {
    this.place = `SQLite file ${file}`;
    this.#file = file;
    this.#db = db;
  }

  /** Opens a file, which is made when it is not there. */
  static async open(file: string): Promise<SqliteHistory> {
    closeSync(openSync(file, "a", 0o600));
    chmodSync(file, 0o600);
    const db = new sqlite.Database(file);
    const history = new SqliteHistory(file, db);
    await history.#whileBusy(() => db.exec(PRAGMAS + TABLES));
    return history;
  }

  async append(samples: readonly HistorySample[]): Promise<void> {
    await this.#whileBusy(() => {
      this.#db.exec("begin immediate");
      try {
        for (const one of samples) {
          this.#db.run("insert into samples values (?, ?, ?, ?, ?, ?, ?, ?)", [
            one.program,
            one.pid,
            one.startedMs,
            one.timeMs,
            one.rssBytes,
            one.heapUsedBytes ?? null,
            one.externalBytes ?? null,
            one.arrayBuffersBytes ?? null,
          ]);
        }
        this.#db.exec("commit");
      } catch (error) {
        if (this.#db.inTransaction) this.#db.exec("rollback");
        throw error;
      }
    });
  }

  async read({ program, pid, fromMs, toMs, points }: HistoryQuery): Promise<readonly HistoryPoint[]> {
    const widthMs = Math.max(1, Math.ceil((toMs - fromMs) / points));
    const rows = await this.#whileBusy(() =>
      this.#db.all(
        `select max(time_ms) as time_ms, count(*) as samples, min(rss) as rss, max(rss) as peak, min(heap_used) as heap_used
         from samples where program = ? and time_ms between ? and ? ${pid === undefined ? "" : "and pid = ?"}
         group by (time_ms - ?) / ? order by 1`,
        [program, fromMs, toMs, ...(pid === undefined ? [] : [pid]), fromMs, widthMs],
      ),
    );
    return rows.map(pointOf);
  }

  async programs(): Promise<readonly HistoryProgram[]> {
    const rows = await this.#whileBusy(() =>
      this.#db.all(
        `select program, count(*) as samples, min(time_ms) as first_ms, max(time_ms) as last_ms
         from samples group by program order by last_ms desc limit 50`,
      ),
    );
    return rows.map(programOf);
  }

  async forgetBefore(timeMs: number): Promise<void> {
    await this.#whileBusy(() => this.#db.run("delete from samples where time_ms < ?", [timeMs]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#db.close();
  }

  /** Another server on the same file holds its lock for milliseconds; one that was killed meanwhile, until it is stale. */
  async #whileBusy<T>(work: () => T): Promise<T> {
    for (let nth = 1; ; nth += 1) {
      try {
        return work();
      } catch (error) {
        if (nth >= BUSY_TRIES || !(error instanceof Error) || !/locked|busy/i.test(error.message)) throw error;
        removeStaleLock(this.#file);
        await sleep(BUSY_STEP_MS);
      }
    }
  }
}

function removeStaleLock(file: string): void {
  const lock = `${file}.lock`;
  try {
    if (Date.now() - statSync(lock).mtimeMs > STALE_LOCK_MS) rmdirSync(lock);
  } catch {
    // There is none, or another server has removed it.
  }
}
