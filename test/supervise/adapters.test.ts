/** What guards are given ready-made: real servers drained without a lost request, pools, caches, allocator, intake. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import Fastify from "fastify";
import { describe, expect, it } from "vitest";
import { AdaptiveLimiter } from "../../src/budget/limiter.ts";
import { BoundedMap } from "../../src/budget/bounded-map.ts";
import { MemoryBudget } from "../../src/budget/memory-budget.ts";
import { drainFastify } from "../../src/supervise/adapters/fastify.ts";
import { drainHttp } from "../../src/supervise/adapters/http-server.ts";
import { type PoolLike, shrinkPool } from "../../src/supervise/adapters/pool.ts";
import type { GuardPressure } from "../../src/supervise/guard-options.ts";
import { collectNow, pauseIntake, shrinkBudget, trimAllocator } from "../../src/supervise/shed-actions.ts";
import { ask, load, until } from "./supervising.ts";

const PRESSURE: GuardPressure = {
  level: "soft",
  nearest: { figure: "resident", bytes: 1, lineBytes: 1, ratio: 1, isForecast: false },
};
const never = new AbortController().signal;

async function listen(handler: RequestListener): Promise<{ server: Server; port: number }> {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port };
}

describe("drainHttp", () => {
  it("answers what comes on open connections, then closes them, and loses nothing", async () => {
    let arrive: () => void = () => {};
    const arrived = new Promise<void>((resolve) => (arrive = resolve));
    const { server, port } = await listen((request, response) => {
      if (request.url === "/mine") arrive();
      setTimeout(() => response.end("ok"), 20);
    });
    const action = drainHttp(server, { idleMs: 200 });
    const stop = load(port, 6);
    const mine = ask(port, "/mine");
    await arrived;
    await action.drain(10_000);
    expect((await mine).connection).toBe("close");
    expect(server.listening).toBe(false);
    const { failed } = await stop();
    // Only those that came after the socket was closed.
    for (const error of failed) expect(error).toMatchObject({ code: "ECONNREFUSED" });
  });

  it("ends at its deadline whatever is still open", async () => {
    const { server, port } = await listen(() => {});
    const action = drainHttp(server);
    const lost = ask(port).then(
      () => false,
      () => true,
    );
    await new Promise((resolve) => server.once("request", resolve));
    await action.drain(200);
    expect(await lost).toBe(true);
  });
});

describe("drainFastify", () => {
  it("finishes what is in flight, and runs the hooks of the application", async () => {
    const app = Fastify();
    let isClosed = false;
    app.addHook("onClose", () => {
      isClosed = true;
    });
    let arrivals = 0;
    app.get("/", async () => {
      arrivals += 1;
      await new Promise((resolve) => setTimeout(resolve, 150));
      return "ok";
    });
    const action = drainFastify(app, { idleMs: 100 });
    await app.listen({ port: 0, host: "127.0.0.1" });
    const { port } = app.server.address() as AddressInfo;
    const answers = Promise.all([ask(port), ask(port)]);
    await until("both requests", () => (arrivals === 2 ? true : undefined));
    await action.drain(10_000);
    expect((await answers).map(({ body }) => body)).toEqual(["ok", "ok"]);
    expect(isClosed).toBe(true);
  });
});

describe("shrinkPool", () => {
  it("lowers the cap, closes idle connections above it, and gives the cap back", async () => {
    const destroyed: boolean[] = [];
    const pool = {
      options: { max: 8 },
      idleCount: 5,
      totalCount: 7,
      connect() {
        pool.idleCount -= 1;
        return Promise.resolve({
          release(destroy = false) {
            destroyed.push(destroy);
            pool.totalCount -= 1;
          },
        });
      },
    } satisfies PoolLike;
    const action = shrinkPool(pool, 3);
    await action.shed(PRESSURE, never);
    expect(pool).toMatchObject({ options: { max: 3 }, totalCount: 3, idleCount: 1 });
    expect(destroyed).toEqual([true, true, true, true]);
    await action.shed(PRESSURE, never);
    await action.restore?.();
    expect(pool.options.max).toBe(8);
  });
});

describe("ready-made actions", () => {
  it("let caches on a budget shrink", () => {
    using budget = new MemoryBudget({ limit: "10mb" });
    using cache = new BoundedMap<number, Uint8Array>({ memory: budget });
    for (let key = 0; key < 90; key++) cache.set(key, new Uint8Array(100_000));
    const before = budget.usedBytes;
    shrinkBudget(budget, 0.5).shed(PRESSURE, never);
    expect(before).toBeGreaterThan(0.8 * budget.limitBytes);
    expect(budget.usedBytes).toBeLessThan(0.6 * budget.limitBytes);
    expect(cache.get(89)).toBeDefined();
  });

  it("pause a limiter, and let it go on", async () => {
    using limiter = new AdaptiveLimiter();
    const action = pauseIntake(limiter);
    await action.shed(PRESSURE, never);
    let hasRun = false;
    const task = limiter.run(() => {
      hasRun = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(hasRun).toBe(false);
    expect(limiter.status().hold?.sentence).toContain("it was paused");
    await action.restore?.();
    await task;
    expect(hasRun).toBe(true);
  });

  it("collect, and trim glibc's heap", async () => {
    await collectNow().shed(PRESSURE, never);
    await trimAllocator().shed(PRESSURE, never);
  });
});
