import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManagedResource, ResourcePool } from "../../src/scope/index.ts";
import { FakeClock } from "../monitor/fake-clock.ts";

class Handle {
  isOpen = true;
  close(): void {
    if (!this.isOpen) throw new Error("closed twice");
    this.isOpen = false;
  }
}

describe("ManagedResource", () => {
  it("is made once for all users, measured, and released when nobody uses it", async () => {
    const made: Handle[] = [];
    const resource = new ManagedResource({
      name: "handle",
      acquire: async () => {
        await turn();
        made.push(new Handle());
        return made.at(-1) ?? new Handle();
      },
      bytes: () => 77,
    });
    expect(resource.getMemoryUsage()).toMatchObject({ isAcquired: false, acquiredCount: 0, acquireBytes: undefined });
    const seen = await Promise.all([1, 2, 3].map(() => resource.use((handle) => handle)));
    expect(new Set(seen).size).toBe(1);
    expect(resource.getMemoryUsage()).toMatchObject({ isAcquired: true, users: 0, acquiredCount: 1, ownBytes: 77 });
    expect(resource.getMemoryUsage().acquireBytes?.rssBytes).toEqual(expect.any(Number));
    await resource.use((handle) => Object.assign(handle, { held: new Uint8Array(5_000_000) }));
    expect(resource.getMemoryUsage().useBytes?.externalBytes).toBeGreaterThan(4_900_000);
    await resource.use(async () => expect(await resource.cleanup()).toBe(false));
    expect(await resource.cleanup()).toBe(true);
    expect(await resource.cleanup()).toBe(false);
    expect(made.map(({ isOpen }) => isOpen)).toEqual([false]);
    await resource.use((handle) => expect(handle).toBe(made[1]));
    await resource[Symbol.asyncDispose]();
    expect(made[1]?.isOpen).toBe(false);
    await expect(resource.use(() => 1)).rejects.toMatchObject({ code: "ERR_PLIMSOLL_RELEASED" });
  });

  it("tries again after it could not be made", async () => {
    let tries = 0;
    const resource = new ManagedResource({
      name: "late",
      acquire: () => {
        if (++tries === 1) throw new Error("not yet");
        return new Handle();
      },
    });
    await expect(resource.use(() => 1)).rejects.toThrow("not yet");
    await expect(resource.use(() => 1)).resolves.toBe(1);
    await resource.forceCleanup();
  });

  it("gives no use what a forced cleanup has taken, nor anything once it is disposed of", async () => {
    const made: Handle[] = [];
    const resource = new ManagedResource({
      name: "slow",
      acquire: async () => {
        const handle = new Handle();
        made.push(handle);
        await turn();
        return handle;
      },
    });
    const use = resource.use((handle) => handle.isOpen);
    expect(await resource.forceCleanup()).toBe(true);
    expect(await use).toBe(true);
    expect(made.map(({ isOpen }) => isOpen)).toEqual([false, true]);
    expect(resource.getMemoryUsage()).toMatchObject({ isAcquired: true, acquiredCount: 2 });
    await resource.cleanup();
    const late = resource.use((handle) => handle.isOpen);
    await resource[Symbol.asyncDispose]();
    await expect(late).rejects.toMatchObject({ code: "ERR_PLIMSOLL_RELEASED" });
    expect(made.map(({ isOpen }) => isOpen)).toEqual([false, false, false]);
  });

  it("tells why it could not be released, and refuses a time that is none", async () => {
    const resource = new ManagedResource({
      name: "stuck",
      acquire: () => new Handle(),
      release: () => Promise.reject(new Error("still busy")),
    });
    await resource.use(() => undefined);
    await expect(resource.cleanup()).rejects.toMatchObject({
      code: "ERR_PLIMSOLL_RELEASE_FAILED",
      message: expect.stringContaining("stuck could not be released: still busy") as string,
    });
    await expect(resource.use(({ isOpen }) => isOpen)).resolves.toBe(true);
    const acquire = (): Handle => new Handle();
    for (const idleTimeoutMs of [-1, Number.NaN]) {
      expect(() => new ManagedResource({ name: "a", acquire, idleTimeoutMs })).toThrow(/idleTimeoutMs is/);
      expect(() => new ResourcePool({ name: "a", create: acquire, max: 1, idleTimeoutMs })).toThrow(/idleTimeoutMs is/);
    }
  });

  it("goes by itself when idle", async () => {
    const clock = new FakeClock();
    let handle: Handle | undefined;
    const resource = new ManagedResource({
      name: "idle",
      acquire: () => (handle = new Handle()),
      idleTimeoutMs: 1000,
      clock,
    });
    await resource.use(() => undefined);
    clock.advance(900);
    await turn();
    expect(handle?.isOpen).toBe(true);
    clock.advance(400);
    await turn();
    expect(handle?.isOpen).toBe(false);
  });
});

describe("ResourcePool", () => {
  it("never holds more than its cap, serves in order, and loses nobody", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(
          fc.record({
            turns: fc.integer({ min: 0, max: 3 }),
            fails: fc.boolean(),
            breaks: fc.boolean(),
          }),
          { maxLength: 20 },
        ),
        fc.integer({ min: 0, max: 2 }),
        async (max, jobs, turnsToDestroy) => {
          let open = 0;
          let mostOpen = 0;
          const order: number[] = [];
          const broken = new WeakSet<Handle>();
          const pool = new ResourcePool({
            name: "things",
            max,
            maxUses: 3,
            create: async () => {
              mostOpen = Math.max(mostOpen, ++open);
              await turn();
              return new Handle();
            },
            destroy: async (handle) => {
              handle.close();
              for (let i = 0; i < turnsToDestroy; i++) await turn();
              open--;
            },
            isUsable: (handle) => !broken.has(handle),
          });
          const results = await Promise.allSettled(
            jobs.map(({ turns, fails, breaks }, job) =>
              pool.use(async (handle) => {
                order.push(job);
                if (!handle.isOpen || broken.has(handle)) throw new Error("lent a closed or broken one");
                for (let i = 0; i < turns; i++) await turn();
                if (breaks) broken.add(handle);
                if (fails) throw new Error("on purpose");
              }),
            ),
          );
          expect(results.map((result) => (result.status === "rejected" ? String(result.reason) : ""))).toEqual(
            jobs.map(({ fails }) => (fails ? "Error: on purpose" : "")),
          );
          expect(order).toEqual(jobs.map((_, job) => job));
          expect(mostOpen).toBeLessThanOrEqual(max);
          await pool[Symbol.asyncDispose]();
          expect(open).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("keeps to its cap on bytes: new ones wait, and what comes back while it is passed goes", async () => {
    let bytes = 40;
    const pool = new ResourcePool({
      name: "buffers",
      max: 10,
      maxBytes: 100,
      create: () => new Handle(),
      bytes: () => bytes,
    });
    const first = await pool.acquire();
    const second = await pool.acquire();
    const waiting = pool.acquire();
    await turn();
    expect(pool.getMemoryUsage()).toMatchObject({ size: 2, waiting: 1, bytes: 80 });
    first.release();
    const third = await waiting;
    bytes = 60;
    second.release();
    expect(pool.getMemoryUsage()).toMatchObject({ size: 1, idle: 0, bytes: 60 });
    bytes = 500;
    third.release();
    expect(pool.getMemoryUsage()).toMatchObject({ size: 0, bytes: undefined });
    expect(await pool.use(() => "one may always exist")).toBe("one may always exist");
    await pool[Symbol.asyncDispose]();
  });

  it("gives up idle ones after a while", async () => {
    const clock = new FakeClock();
    const pool = new ResourcePool({ name: "idle", max: 3, create: () => new Handle(), idleTimeoutMs: 100, clock });
    const leases = await Promise.all([pool.acquire(), pool.acquire()]);
    for (const lease of leases) lease.release();
    expect(pool.getMemoryUsage()).toMatchObject({ size: 2, idle: 2, createdCount: 2 });
    clock.advance(130);
    await turn();
    expect(pool.getMemoryUsage()).toMatchObject({ size: 0, idle: 0 });
  });

  it("tells whether one is usable by what its use threw, and makes another only when it is gone", async () => {
    const failures: unknown[] = [];
    let end = (): void => {};
    const pool = new ResourcePool({
      name: "connection",
      max: 1,
      create: () => new Handle(),
      destroy: () => new Promise<void>((resolve) => (end = resolve)),
      isUsable: (_handle, failure) => failures.push(failure) > 0 && !(failure instanceof TypeError),
    });
    const fails = (error: Error): Promise<never> =>
      pool.use(() => {
        throw error;
      });
    await expect(fails(new RangeError("again"))).rejects.toThrow("again");
    expect(pool.getMemoryUsage()).toMatchObject({ size: 1, idle: 1, createdCount: 1 });
    await expect(fails(new TypeError("broken"))).rejects.toThrow("broken");
    expect(failures.filter((failure) => failure !== undefined).map(String)).toEqual([
      "RangeError: again",
      "TypeError: broken",
    ]);
    const next = pool.use(() => "served");
    await turn();
    expect(pool.getMemoryUsage()).toMatchObject({ size: 1, idle: 0, waiting: 1, createdCount: 1 });
    end();
    expect(await next).toBe("served");
    expect(pool.getMemoryUsage()).toMatchObject({ size: 1, idle: 1, createdCount: 2 });
    const ended = pool[Symbol.asyncDispose]();
    await turn();
    end();
    await ended;
    expect(pool.getMemoryUsage().size).toBe(0);
  });

  it("lets who waits give up", async () => {
    const pool = new ResourcePool({ name: "one", max: 1, create: () => new Handle() });
    const lease = await pool.acquire();
    const controller = new AbortController();
    const waiting = pool.acquire(controller.signal);
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await expect(pool.acquire(AbortSignal.abort(new Error("before")))).rejects.toThrow("before");
    expect(pool.getMemoryUsage().waiting).toBe(0);
    lease.release();
    await pool[Symbol.asyncDispose]();
    await expect(pool.acquire()).rejects.toMatchObject({ code: "ERR_PLIMSOLL_RELEASED" });
  });

  it("passes on that one cannot be made, and serves the next", async () => {
    let tries = 0;
    const pool = new ResourcePool({
      name: "shaky",
      max: 1,
      create: () => {
        if (++tries === 1) throw new Error("refused");
        return new Handle();
      },
    });
    const [first, second] = await Promise.allSettled([pool.use(() => 1), pool.use(() => 2)]);
    expect([first?.status, second?.status]).toEqual(["rejected", "fulfilled"]);
    await pool[Symbol.asyncDispose]();
  });

  it("shows both places when a lease is used or given back again", async () => {
    const pool = new ResourcePool({ name: "connection", max: 1, create: () => new Handle() });
    const lease = await pool.acquire();
    lease.release();
    const both = expect.objectContaining({
      code: "ERR_PLIMSOLL_RELEASED",
      message: expect.stringContaining("resource.test.ts") as string,
    });
    expect(() => lease.value).toThrow(both);
    expect(() => lease.release()).toThrow(both);
    lease[Symbol.dispose]();
    expect(await pool.cleanup()).toBe(1);
  });

  it("tells which could not be released", async () => {
    const pool = new ResourcePool({
      name: "stuck",
      max: 2,
      create: () => new Handle(),
      destroy: () => {
        throw new Error("stuck");
      },
    });
    const lease = await pool.acquire();
    lease.release();
    await expect(pool.cleanup()).rejects.toMatchObject({
      code: "ERR_PLIMSOLL_RELEASE_FAILED",
      details: { name: "stuck", failed: 1 },
    });
    expect(() => new ResourcePool({ name: "none", max: 0, create: () => new Handle() })).toThrow(/max is 0/);
  });
});
