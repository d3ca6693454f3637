/** The driver of PostgreSQL on a real server: the shared contract, several machines, and a writer that is gone. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HistoryStore, PlimsollError, postgresHistory } from "../../src/history/index.ts";
import { type Postgres, startPostgres } from "../support/postgres.ts";
import { describeDriver } from "./driver-contract.ts";
import { refusal } from "./refusal.ts";

let server: Postgres;
let pool: pg.Pool;
let serial = 0;

beforeAll(async () => {
  server = await startPostgres();
  pool = new pg.Pool({ connectionString: server.url });
  pool.on("error", () => undefined);
});

afterAll(async () => {
  await pool.end();
  await server[Symbol.asyncDispose]();
});

describeDriver("postgres", () => postgresHistory({ pool, name: `history ${serial++}` }));

describe("a history in PostgreSQL", () => {
  it("is made once by many at the same time", async () => {
    const histories = Array.from({ length: 8 }, (_, i) => postgresHistory({ pool, name: `${i}`, table: "made_once" }));
    const stores = await Promise.all(histories.map((driver) => HistoryStore.open<{ i: number }>({ driver })));
    for (const [i, store] of stores.entries()) store.save({ i });
    expect(await Promise.all(stores.map((store) => store.load(1)))).toEqual(stores.map((_, i) => ({ i })));
    await Promise.all(stores.map((store) => store.close()));
  });

  it("is free for another machine when the connection of its writer is lost, and keeps what was flushed", async () => {
    const other = new pg.Pool({ connectionString: server.url, application_name: "the other machine" });
    other.on("error", () => undefined);
    const lost = await HistoryStore.open<{ n: number }>({ driver: postgresHistory({ pool: other, name: "lost" }) });
    for (let n = 1; n <= 1000; n++) lost.save({ n });
    await lost.flush();
    await pool.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", [
      "the other machine",
    ]);
    lost.save({ n: 1001 });
    const error = await refusal(() => lost.flush());
    expect(PlimsollError.is(error, "ERR_PLIMSOLL_UNWRITABLE")).toBe(true);
    await using store = await HistoryStore.open<{ n: number }>({ driver: postgresHistory({ pool, name: "lost" }) });
    expect(store.lastStep).toBe(1000);
    expect(await store.load(700)).toEqual({ n: 700 });
    await refusal(() => lost.close());
    await other.end();
  });

  it("refuses a table whose name would be more than a name", () => {
    expect(() => postgresHistory({ pool, name: "one", table: "a; drop table b" })).toThrow(/letters, digits/);
  });
});
