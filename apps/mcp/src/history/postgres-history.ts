/**
 * Samples in PostgreSQL, where many servers share them: a pool of at most three connections, which are let go after 5 s of idleness,
 * so that a hundred servers that sleep hold none. `pg` is an optional peer, loaded only here.
 */
import { hostname } from "node:os";
import type { Pool } from "pg";
import { refuse } from "../answer/refuse.ts";
import { type HistoryRow, pointOf, programOf } from "./history-rows.ts";
import type { HistoryPoint, HistoryProgram, HistoryQuery, HistorySample, SampleHistory } from "./sample-history.ts";

const TABLES = `
create table if not exists plimsoll_samples (
  host text not null, program text not null, pid integer not null, started_ms bigint not null, time_ms bigint not null,
  rss bigint not null, heap_used bigint, external bigint, array_buffers bigint
);
create index if not exists plimsoll_samples_by_program on plimsoll_samples (program, time_ms);
create index if not exists plimsoll_samples_by_time on plimsoll_samples (time_ms);
`;
/** Two servers that make the tables at once wait for each other. */
const TABLES_LOCK = 7_466_957;
const MOST_CONNECTIONS = 3;
const IDLE_MS = 5_000;
const CONNECT_MS = 3_000;
const STATEMENT_MS = 10_000;

/** The shared place. */
export class PostgresHistory implements SampleHistory {
  readonly place = "PostgreSQL";
  readonly #pool: Pool;
  readonly #host: string;

  private constructor(pool: Pool, host: string) {
    this.#pool = pool;
    this.#host = host;
  }

  /**
   * Connects and makes the table where it is missing.
   *
   * @param url - `postgres://…`; it is never shown.
   * @throws PlimsollError `ERR_PLIMSOLL_MISSING_PEER`, or `ERR_PLIMSOLL_UNWRITABLE` when there is no such server.
   */
  static async open(url: string, host: string = hostname()): Promise<PostgresHistory> {
    const pg = await import("pg").catch((cause: unknown) => {
      throw Object.assign(
        refuse("History in PostgreSQL needs the package pg.", "npm install pg", "ERR_PLIMSOLL_MISSING_PEER"),
        { cause },
      );
    });
    const pool = new pg.default.Pool({
      connectionString: url,
      max: MOST_CONNECTIONS,
      min: 0,
      idleTimeoutMillis: IDLE_MS,
      connectionTimeoutMillis: CONNECT_MS,
      statement_timeout: STATEMENT_MS,
      allowExitOnIdle: true,
      application_name: "plimsoll-mcp",
    });
    // A connection that is lost while it is idle is made anew by the next question.
    pool.on("error", () => {});
    const history = new PostgresHistory(pool, host);
    try {
      await history.#makeTables();
    } catch (error) {
      await pool.end();
      const why = error instanceof Error && "code" in error ? String(error.code) : "no answer within 3 s";
      throw refuse(
        `PostgreSQL does not take samples (${why}).`,
        "Check PLIMSOLL_MCP_POSTGRES; without it samples go to SQLite.",
        "ERR_PLIMSOLL_UNWRITABLE",
      );
    }
    return history;
  }

  async append(samples: readonly HistorySample[]): Promise<void> {
    if (samples.length === 0) return;
    const column = (pick: (one: HistorySample) => string | number | undefined): (string | number | null)[] =>
      samples.map((one) => pick(one) ?? null);
    await this.#pool.query(
      `insert into plimsoll_samples
       select $1, * from unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])`,
      [
        this.#host,
        column(({ program }) => program),
        column(({ pid }) => pid),
        column(({ startedMs }) => startedMs),
        column(({ timeMs }) => timeMs),
        column(({ rssBytes }) => rssBytes),
        column(({ heapUsedBytes }) => heapUsedBytes),
        column(({ externalBytes }) => externalBytes),
        column(({ arrayBuffersBytes }) => arrayBuffersBytes),
      ],
    );
  }

  async read({ program, pid, fromMs, toMs, points }: HistoryQuery): Promise<readonly HistoryPoint[]> {
    const widthMs = Math.max(1, Math.ceil((toMs - fromMs) / points));
    const { rows } = await this.#pool.query<HistoryRow>(
      `select max(time_ms) as time_ms, count(*) as samples, min(rss) as rss, max(rss) as peak, min(heap_used) as heap_used
       from plimsoll_samples where program = $1 and time_ms between $2 and $3 and ($4::int is null or (pid = $4 and host = $7))
       group by (time_ms - $5) / $6 order by 1`,
      [program, fromMs, toMs, pid ?? null, fromMs, widthMs, this.#host],
    );
    return rows.map(pointOf);
  }

  async programs(): Promise<readonly HistoryProgram[]> {
    const { rows } = await this.#pool.query<HistoryRow>(
      `select program, count(*) as samples, min(time_ms) as first_ms, max(time_ms) as last_ms
       from plimsoll_samples group by program order by last_ms desc limit 50`,
    );
    return rows.map(programOf);
  }

  async forgetBefore(timeMs: number): Promise<void> {
    await this.#pool.query("delete from plimsoll_samples where time_ms < $1 and host = $2", [timeMs, this.#host]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.end();
  }

  async #makeTables(): Promise<void> {
    const client = await this.#pool.connect();
    try {
      await client.query("select pg_advisory_lock($1)", [TABLES_LOCK]);
      await client.query(TABLES);
      await client.query("select pg_advisory_unlock($1)", [TABLES_LOCK]);
    } finally {
      client.release();
    }
  }
}
