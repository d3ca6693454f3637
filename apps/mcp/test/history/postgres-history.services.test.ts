/** Samples in a real PostgreSQL: the contract, a small pool that lets go, and a plain word when there is none. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Postgres, startPostgres } from "../../../../test/support/postgres.ts";
import { findPort } from "../../../../test/support/ports.ts";
import { PostgresHistory } from "../../src/history/postgres-history.ts";
import { keepsSamples } from "./history-contract.ts";

let postgres: Postgres;
let lastDatabase = 0;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres[Symbol.asyncDispose]());

async function query<Row extends object>(sql: string): Promise<Row[]> {
  const client = new pg.Client(postgres.url);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function newDatabase(): Promise<string> {
  const name = `history_${(lastDatabase += 1)}`;
  await query(`create database ${name}`);
  return postgres.url.replace(/postgres$/, name);
}

async function connections(url: string): Promise<number> {
  const name = new URL(url).pathname.slice(1);
  const [row] = await query<{ count: string }>(`select count(*) from pg_stat_activity where datname = '${name}'`);
  return Number(row?.count);
}

const SAMPLE = { program: "node a.js", pid: 1, startedMs: 1, timeMs: 1, rssBytes: 1 } as const;

describe("samples in PostgreSQL", () => {
  keepsSamples(async () => PostgresHistory.open(await newDatabase()));

  it("are shared by many servers, of which none takes more than three connections, and none keeps one", async () => {
    const url = await newDatabase();
    const histories = await Promise.all(
      Array.from({ length: 6 }, (_, nth) => PostgresHistory.open(url, `host-${nth}`)),
    );
    await Promise.all(
      histories.flatMap((one) => Array.from({ length: 10 }, (_, nth) => one.append([{ ...SAMPLE, timeMs: nth }]))),
    );
    expect(await connections(url)).toBeLessThanOrEqual(18);
    expect(await histories[0]?.programs()).toMatchObject([{ samples: 60 }]);
    await expect.poll(() => connections(url), { timeout: 20_000 }).toBe(0);
    await Promise.all(histories.map((one) => one[Symbol.asyncDispose]()));
  });

  it("are refused in a plain word where there is no server, without its password", async () => {
    const url = `postgres://admin:swordfish@127.0.0.1:${await findPort()}/x`;
    const error = await PostgresHistory.open(url).catch((refused: unknown) => refused);
    expect(error).toMatchObject({ code: "ERR_PLIMSOLL_UNWRITABLE" });
    expect(String(error)).not.toContain("swordfish");
  });
});
