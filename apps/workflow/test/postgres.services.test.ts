/** Checkpoints in a real PostgreSQL: a run that was left goes on from another executor, as it would on another machine. */
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Postgres, startPostgres } from "../../../test/support/postgres.ts";
import { Executor, map, postgresCheckpoints, tool, Workflow } from "../src/index.ts";

let server: Postgres;
let pool: pg.Pool;
beforeAll(async () => {
  server = await startPostgres();
  pool = new pg.Pool({ connectionString: server.url, max: 4 });
});
afterAll(async () => {
  await pool.end();
  await server[Symbol.asyncDispose]();
});

it("goes on with a run, its large values and its session", async () => {
  let fails = true;
  const ran: string[] = [];
  const workflow = new Workflow<number>({ name: "w" })
    .addNode("large", tool({ run: (n: number) => (ran.push("large"), { n, text: "x".repeat(600_000) }) }))
    .addNode(
      "each",
      map({
        items: ({ n }: { n: number }) => Array.from({ length: n }, (_, i) => i),
        each: tool({ run: (i: number, { session }) => (ran.push("each"), session.push("seen", i), i) }),
        reduce: { initial: () => 0, step: (sum: number, i: number) => sum + i },
      }),
    )
    .addNode(
      "size",
      tool({
        run: ({ large, each }: { large: { text: string }; each: number }, { session }) => {
          if (fails) throw new Error("not now");
          return { length: large.text.length, each, seen: (session.get("seen") as number[]).length };
        },
      }),
    )
    .connect("large", "each")
    .connect("large", "size")
    .connect("each", "size")
    .returns("size");
  const checkpoints = postgresCheckpoints({ pool, name: "test" });
  {
    await using executor = new Executor({ checkpoints });
    await expect(executor.execute(workflow, 20, { id: "r", session: "s" })).rejects.toThrow("not now");
  }
  fails = false;
  await using executor = new Executor({ checkpoints });
  expect((await executor.resume(workflow, "r")).output).toEqual({ length: 600_000, each: 190, seen: 20 });
  expect(ran).toHaveLength(21);
});
