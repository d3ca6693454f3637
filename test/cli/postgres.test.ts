/**
 * `plimsoll watch` on a server that somebody else has started: real HTTP requests, `pg`'s pool, a real PostgreSQL. What it
 * keeps must be told by its kind, from outside and from inside, and its twin that keeps little must not be accused.
 */
import { type ChildProcess, fork } from "node:child_process";
import { readFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { join } from "node:path";
import { setInterval } from "node:timers";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Report, validateReport } from "../../src/diagnose/report/index.ts";
import { type Postgres, startPostgres } from "../support/postgres.ts";
import { type Ended, makeFolder, plainEnvironment, plimsoll, PROGRAMS } from "./plimsoll.ts";

const SECONDS = 50;
const REQUESTS_PER_SECOND = 120;
const BURST_MS = 50;
const DEADLINE_MS = 120_000;

const TABLES = `
  create table orders as
    select i as id, i % 50 as customer, 'item ' || md5(i::text) as title, (i * 17 % 10000)::numeric / 100 as total,
      timestamptz '2026-01-01' + i * interval '1 minute' as placed, md5((i + 1)::text) as reference
    from generate_series(1, 4000) i;
  create index on orders (customer);
  create table files as
    select i as id, convert_to(repeat(md5(i::text), 1000), 'UTF8') as content from generate_series(0, 49) i;
  analyze`;

/** What a watch of one server came to. */
interface Watched extends Ended {
  readonly report: Report;
}

const CASES = [
  ["log", false],
  ["log", true],
  ["bounded", false],
  ["bounded", true],
  ["files", true],
] as const;
type Mode = (typeof CASES)[number][0];

const servers: ChildProcess[] = [];
const watched = new Map<string, Watched>();
let postgres: Postgres | undefined;

/** Starts the server as its owners would, and asks it as its users would. */
async function serve(mode: Mode, url: string): Promise<{ readonly pid: number } & Disposable> {
  const server = fork(join(PROGRAMS, "postgres-server.mjs"), [mode, url], {
    execArgv: [],
    env: plainEnvironment(),
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    timeout: DEADLINE_MS,
    killSignal: "SIGKILL",
  });
  servers.push(server);
  const { port } = await new Promise<{ port: number }>((resolve, reject) =>
    server.once("message", resolve).once("error", reject),
  );
  const agent = new Agent({ keepAlive: true, maxSockets: 6 });
  const timer = setInterval(() => {
    for (let i = 0; i < (REQUESTS_PER_SECOND * BURST_MS) / 1000; i += 1)
      get({ port, agent }, (response) => response.resume()).on("error", () => {});
  }, BURST_MS);
  const stop = (): void => {
    clearInterval(timer);
    agent.destroy();
  };
  return { pid: server.pid ?? 0, [Symbol.dispose]: stop };
}

async function watch(mode: Mode, isAttached: boolean, url: string): Promise<void> {
  using server = await serve(mode, url);
  const cwd = makeFolder();
  const args = ["watch", String(server.pid), "--for", `${SECONDS}s`, "--report-dir", "out"];
  const ended = await plimsoll(isAttached ? [...args, "--attach"] : args, { cwd });
  const report = validateReport(JSON.parse(readFileSync(join(cwd, "out/report.json"), "utf8")));
  watched.set(`${mode} ${isAttached}`, { ...ended, report });
}

beforeAll(async () => {
  postgres = await startPostgres({ deadlineMs: DEADLINE_MS });
  const client = new Client({ connectionString: postgres.url });
  await client.connect();
  await client.query(TABLES);
  await client.end();
  const { url } = postgres;
  await Promise.all(CASES.map(([mode, isAttached]) => watch(mode, isAttached, url)));
}, DEADLINE_MS);

afterAll(async () => {
  for (const server of servers) server.kill("SIGKILL");
  await postgres?.[Symbol.asyncDispose]();
});

function outcomeOf(mode: Mode, isAttached: boolean): Watched {
  const found = watched.get(`${mode} ${isAttached}`);
  if (found === undefined) throw new Error(`${mode} was not watched`);
  expect(found).toMatchObject({ code: 0, signal: null, stdout: "" });
  expect(found.report.processes[0]).toMatchObject({ observed: isAttached });
  return found;
}

describe("a server whose pooled clients keep every result", () => {
  it("is told from outside: the main thread's heap, and what would tell more", () => {
    const { verdict } = outcomeOf("log", false).report;
    expect(verdict).toMatchObject({ kind: "js-heap", leak: true });
    expect(verdict.next.join(" ")).toMatch(/plimsoll watch \d+ --attach/);
  });

  it("is told from inside, with the function of the driver that allocates the rows", () => {
    const { verdict, growth, processes } = outcomeOf("log", true).report;
    expect(verdict).toMatchObject({ kind: "js-heap", leak: true });
    expect(verdict.confidence).toBeGreaterThan(0.7);
    expect(growth[0]?.where?.file).toMatch(/node_modules\/(pg|pg-protocol|pg-types|postgres-\w+)\//);
    expect(growth[0]?.bytesPerRequest).toBeGreaterThan(1024);
    expect(processes[0]?.verdict.ruledOut.map(({ kind }) => kind)).toContain("buffers");
  });
});

describe("its twin that keeps the newest few", () => {
  it.each([false, true])("is not accused, at no moment (attached: %s)", (isAttached) => {
    const { report, stderr } = outcomeOf("bounded", isAttached);
    expect(report.verdict.leak).toBe(false);
    expect(stderr).not.toContain("LEAK");
  });
});

describe("a server that keeps every file it was asked for", () => {
  it("holds Buffers, and not JavaScript objects", () => {
    const { verdict } = outcomeOf("files", true).report;
    expect(verdict).toMatchObject({ kind: "buffers", leak: true });
  });
});
