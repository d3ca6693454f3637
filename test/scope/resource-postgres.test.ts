/** Pools and shared resources on a real PostgreSQL: what the server itself counts, also when a query throws and when it kills a connection. */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ManagedResource, ResourcePool, scope } from "../../src/scope/index.ts";
import { type Postgres, startPostgres } from "../support/postgres.ts";

/** A machine under load may take seconds to fork a backend. */
const PATIENCE = { interval: 10, timeout: 20_000 };

let postgres: Postgres;
let admin: pg.Client;

beforeAll(async () => {
  postgres = await startPostgres({ deadlineMs: 60_000 });
  admin = new pg.Client({ connectionString: postgres.url });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await postgres[Symbol.asyncDispose]();
});

/** Connections that the server has of one name. */
async function countConnections(name: string, client = admin): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    "select count(*)::int as count from pg_stat_activity where application_name = $1",
    [name],
  );
  return rows[0]?.count ?? Number.NaN;
}

/** Waits until the server has so many; a backend ends a moment after its connection. */
async function expectConnections(name: string, count: number): Promise<void> {
  await expect.poll(() => countConnections(name), PATIENCE).toBe(count);
}

/** Waits until the server sleeps for `name`: a connection may be there before that, and one that is going may still count as active. */
async function expectRunning(name: string): Promise<void> {
  const text =
    "select 1 from pg_stat_activity where application_name = $1 and state = 'active' and query like '%pg_sleep%'";
  await expect.poll(async () => (await admin.query(text, [name])).rowCount, PATIENCE).toBe(1);
}

function shared(name: string, idleTimeoutMs?: number): ManagedResource<pg.Pool> {
  return new ManagedResource({
    name,
    acquire: () => {
      const pool = new pg.Pool({ connectionString: postgres.url, application_name: name, max: 3 });
      // Of idle clients; without a listener it would end the program.
      pool.on("error", () => {});
      return pool;
    },
    ...(idleTimeoutMs !== undefined && { idleTimeoutMs }),
  });
}

function pooled(name: string, options: { readonly idleTimeoutMs?: number } = {}): ResourcePool<pg.Client> {
  const lost = new WeakSet<pg.Client>();
  return new ResourcePool({
    name,
    max: 3,
    create: async () => {
      const client = new pg.Client({ connectionString: postgres.url, application_name: name });
      client.on("error", () => lost.add(client));
      await client.connect();
      return client;
    },
    isUsable: (client, failure) => !lost.has(client) && !isShutdown(failure),
    ...options,
  });
}

/** `admin_shutdown`: the query rejects before the client hears that its connection is gone. */
function isShutdown(failure: unknown): boolean {
  return failure instanceof pg.DatabaseError && failure.code === "57P01";
}

const readPid = async (client: pg.Client): Promise<number> => {
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  return rows[0]?.pid ?? 0;
};

describe("pg's Pool as one managed resource", () => {
  it("is made at its first use, measured, and ended when nobody uses it", async () => {
    await using resource = shared("managed");
    expect(await countConnections("managed")).toBe(0);
    const sums = await Promise.all(
      [1, 2, 3, 4, 5].map((n) =>
        resource.use(
          async (pool) => (await pool.query<{ sum: number }>("select $1::int + 1 as sum", [n])).rows[0]?.sum,
        ),
      ),
    );
    expect(sums).toEqual([2, 3, 4, 5, 6]);
    expect(await countConnections("managed")).toBeLessThanOrEqual(3);
    const bytes = {
      rssBytes: expect.any(Number) as number,
      heapUsedBytes: expect.any(Number) as number,
      externalBytes: expect.any(Number) as number,
    };
    expect(resource.getMemoryUsage()).toMatchObject({
      isAcquired: true,
      users: 0,
      acquiredCount: 1,
      acquireBytes: bytes,
      sinceBytes: bytes,
      releaseBytes: undefined,
    });
    expect(await resource.cleanup()).toBe(true);
    await expectConnections("managed", 0);
    expect(resource.getMemoryUsage()).toMatchObject({ isAcquired: false, releaseBytes: bytes, sinceBytes: undefined });
  });

  it("lets a query end that runs when its cleanup is forced, and is made anew afterwards", async () => {
    await using resource = shared("forced");
    const running = resource.use((pool) => pool.query("select pg_sleep(1), 7 as seven"));
    await expectConnections("forced", 1);
    expect(await resource.cleanup()).toBe(false);
    expect(await resource.forceCleanup()).toBe(true);
    expect((await running).rows).toMatchObject([{ seven: 7 }]);
    await expectConnections("forced", 0);
    await resource.use((pool) => pool.query("select 1"));
    expect(resource.getMemoryUsage()).toMatchObject({ isAcquired: true, acquiredCount: 2 });
  });

  it("survives a query that throws and a connection that the server kills, and ends by itself when idle", async () => {
    await using resource = shared("struck", 300);
    await expect(resource.use((pool) => pool.query("select 1/0"))).rejects.toMatchObject({ code: "22012" });
    const running = resource.use((pool) => pool.query("select pg_sleep(50)"));
    running.catch(() => undefined);
    await expectRunning("struck");
    await admin.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'struck'");
    await expect(running).rejects.toMatchObject({ code: "57P01" });
    expect(await resource.use(async (pool) => (await pool.query("select 1")).rowCount)).toBe(1);
    await expectConnections("struck", 0);
    // The server has seen the connection go before the pool hears that it is closed.
    await expect
      .poll(() => resource.getMemoryUsage(), PATIENCE)
      .toMatchObject({ isAcquired: false, users: 0, acquiredCount: 1 });
  });
});

describe("a pool of connections", () => {
  it("never opens more than its cap, as the server counts", async () => {
    await using pool = pooled("capped");
    const counts = await Promise.all(
      Array.from({ length: 24 }, () =>
        pool.use(async (client) => {
          await client.query("select pg_sleep(0.01)");
          return countConnections("capped", client);
        }),
      ),
    );
    expect(Math.max(...counts)).toBe(3);
    expect(pool.getMemoryUsage()).toMatchObject({ size: 3, idle: 3, waiting: 0, createdCount: 3 });
    expect(await pool.cleanup()).toBe(3);
    await expectConnections("capped", 0);
  });

  it("closes idle connections after its time-out", async () => {
    await using pool = pooled("idle", { idleTimeoutMs: 100 });
    let lent = 0;
    const holdBoth = async (client: pg.Client): Promise<void> => {
      await readPid(client);
      lent += 1;
      await expect.poll(() => lent, PATIENCE).toBe(2);
    };
    await Promise.all([1, 2].map(() => pool.use(holdBoth)));
    await expectConnections("idle", 0);
    await expect.poll(() => pool.getMemoryUsage(), PATIENCE).toMatchObject({ size: 0, idle: 0, createdCount: 2 });
  });

  it("takes a connection back whose query threw, and replaces one that the server has killed", async () => {
    await using pool = pooled("replaced");
    const pid = await pool.use(readPid);
    await expect(pool.use((client) => client.query("select 1/0"))).rejects.toMatchObject({ code: "22012" });
    expect(await pool.use(readPid)).toBe(pid);
    // Killed by its own query, and used again at once.
    const suicide = pool.use((client) => client.query("select pg_terminate_backend(pg_backend_pid())"));
    await expect(suicide).rejects.toMatchObject({ code: "57P01" });
    const second = await pool.use(readPid);
    expect(second).not.toBe(pid);
    // Killed while nobody used it. The server has seen it go before its client hears of it.
    let isEnded = false;
    await pool.use((client) => {
      client.once("end", () => {
        isEnded = true;
      });
    });
    await admin.query("select pg_terminate_backend($1)", [second]);
    await expect.poll(() => isEnded, PATIENCE).toBe(true);
    const third = await pool.use(readPid);
    expect([pid, second]).not.toContain(third);
    expect(pool.getMemoryUsage()).toMatchObject({ size: 1, idle: 1, createdCount: 3 });
  });

  it("ends connections in use when its cleanup is forced, and lends new ones", async () => {
    await using pool = pooled("taken");
    const lease = await pool.acquire();
    const pid = await readPid(lease.value);
    expect(await pool.forceCleanup()).toBe(1);
    await expectConnections("taken", 0);
    await expect(readPid(lease.value)).rejects.toThrow(/closed|not queryable|end/i);
    lease.release();
    expect(await pool.use(readPid)).not.toBe(pid);
  });

  it("gets its connections back from scopes, also when their bodies throw", async () => {
    await using pool = pooled("scoped");
    const jobs = Array.from({ length: 12 }, (_, job) =>
      scope(async (s) => {
        const { value: client } = s.use(await pool.acquire());
        await client.query("select pg_sleep(0.005)");
        if (job % 3 === 0) throw new Error("on purpose");
        return job;
      }),
    );
    const results = await Promise.allSettled(jobs);
    expect(results.map(({ status }) => status === "fulfilled")).toEqual(jobs.map((_, job) => job % 3 !== 0));
    expect(pool.getMemoryUsage()).toMatchObject({ size: 3, idle: 3, waiting: 0 });
  });
});
