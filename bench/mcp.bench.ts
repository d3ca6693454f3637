/**
 * What an agent's hunt takes: five planted leaks, found by a scripted client with the tools alone, its calls and the bytes that it reads; what the
 * server itself takes meanwhile, with a large snapshot, under malformed requests and under sessions that come and go; and the
 * official conformance suite.
 *
 * `npm run bench:mcp [-- --quick]`: about three minutes; the quick form hunts one leak and writes nothing.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runConformance } from "../apps/mcp/test/conformance/run-suite.ts";
import { Agent } from "../apps/mcp/test/support/client.ts";
import { comeAndGo } from "../apps/mcp/test/support/http-session.ts";
import { malformedLines } from "../apps/mcp/test/support/malformed.ts";
import { RawServer } from "../apps/mcp/test/support/raw-stdio.ts";
import { type Conclusion, hunt } from "./mcp/hunt.ts";
import { type Planted, PLANTED } from "./mcp/planted.ts";
import { median } from "../src/monitor/trend.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const MB = 2 ** 20;
const PROGRAM = join(import.meta.dirname, "../apps/mcp/bin/plimsoll-mcp.js");
const quick = process.argv.includes("--quick");
const MALFORMED = quick ? 1_000 : 10_000;
const SESSIONS = quick ? 100 : 1_000;
const HUNTS_AT_ONCE = 3;
/** Of the active suite of @modelcontextprotocol/conformance 0.1.16. */
const CHECKS = 40;
/** Readings of the resident set: it moves by some megabytes with the collector, so that medians of halves are compared. */
const ROUNDS = 10;
const SETTLE_MS = 300;

const rows = [
  ...(await huntRows()),
  ...(await heavyRows()),
  ...(await malformedRows()),
  ...(await sessionRows()),
  await conformanceRow(),
];
for (const { name, value, unit, goal } of rows)
  process.stderr.write(`${name}: ${value} ${unit} (${goal ?? "no goal"})\n`);
if (!quick) process.stderr.write(`${writeResults("mcp", "npm run bench:mcp", rows)}\n`);

function peakMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) / 1024);
}

function isSolved({ kinds, named }: Planted, { kind, isLeak, says }: Conclusion): boolean {
  return isLeak && kinds.includes(kind) && named.every((words) => words.test(says));
}

async function huntRows(): Promise<BenchRow[]> {
  await using agent = await Agent.start();
  const waiting = quick ? PLANTED.slice(0, 1) : [...PLANTED];
  const found: { readonly planted: Planted; readonly conclusion: Conclusion }[] = [];
  const work = async (): Promise<void> => {
    for (let planted = waiting.shift(); planted; planted = waiting.shift()) {
      const conclusion = await hunt(agent, planted.command);
      found.push({ planted, conclusion });
      if (!isSolved(planted, conclusion))
        process.stderr.write(`NOT SOLVED ${planted.name}: ${conclusion.kind}\n${conclusion.says}\n`);
    }
  };
  const planned = waiting.length;
  await Promise.all(Array.from({ length: HUNTS_AT_ONCE }, work));
  const peak = peakMb(agent.pid);
  const each = found.map(({ conclusion }) => conclusion);
  return [
    {
      name: "planted leaks solved with the tools alone",
      value: found.filter(({ planted, conclusion }) => isSolved(planted, conclusion)).length,
      unit: "leaks",
      goal: `>= ${planned}`,
    },
    {
      name: "calls of the longest hunt",
      value: Math.max(...each.map(({ calls }) => calls)),
      unit: "calls",
      goal: "<= 12",
      runs: each.map(({ calls }) => calls),
    },
    {
      name: "bytes that the agent reads, most of one hunt",
      value: Math.max(...each.map(({ bytes }) => bytes)),
      unit: "bytes",
      goal: "<= 20480",
      runs: each.map(({ bytes }) => bytes),
      peers: { "the same hunt's heap snapshots": Math.max(...each.map(({ snapshotBytes }) => snapshotBytes)) },
    },
    {
      name: "largest answer",
      value: Math.max(...each.map(({ largestBytes }) => largestBytes)),
      unit: "bytes",
      goal: "<= 2048",
    },
    {
      name: "longest hunt, from start to conclusion",
      value: Math.round(Math.max(...each.map(({ seconds }) => seconds))),
      unit: "s",
      runs: each.map(({ seconds }) => Math.round(seconds)),
    },
    { name: "peak resident set of the server in the hunts", value: peak, unit: "MB", goal: "<= 150" },
    ...found.map(({ planted, conclusion }) => ({
      name: `hunt: ${planted.name}`,
      value: isSolved(planted, conclusion) ? `solved (${conclusion.kind})` : `missed (${conclusion.kind})`,
      unit: `${conclusion.calls} calls, ${conclusion.bytes} bytes, ${Math.round(conclusion.seconds)} s`,
    })),
  ];
}

async function heavyRows(): Promise<BenchRow[]> {
  await using agent = await Agent.start();
  await agent.ask("start_process", { command: ["node", join(import.meta.dirname, "mcp/heavy-heap.mjs")] });
  const { facts } = await agent.ask("capture_heap", { watch: "w1", confirm: true, maxPauseSeconds: 120 });
  await agent.ask("heap_suspects", { snapshot: "s1" });
  await agent.ask("native_heap", { watch: "w1" });
  const fileMb = Math.round((facts[0]?.value ?? 0) / MB);
  return [
    {
      name: "peak resident set of the server with a large snapshot",
      value: peakMb(agent.pid),
      unit: "MB",
      goal: "<= 150",
      peers: { "the snapshot's file, MB": fileMb },
    },
  ];
}

/** Growth from the first half of the rounds to the last, in MB. */
async function growthOf(
  work: (round: number) => Promise<void>,
  rssMb: () => number,
): Promise<{ value: number; runs: number[] }> {
  const runs: number[] = [];
  // What is compiled and cached once is no growth.
  for (let round = -2; round < ROUNDS; round += 1) {
    await work(round);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    if (round >= 0) runs.push(Number(rssMb().toFixed(1)));
  }
  const grew = median(runs.slice(ROUNDS / 2)) - median(runs.slice(0, ROUNDS / 2));
  return { value: Number(grew.toFixed(1)), runs };
}

async function malformedRows(): Promise<BenchRow[]> {
  await using server = new RawServer();
  await server.initialize();
  const { value, runs } = await growthOf(
    async (round) => {
      for (const line of malformedLines(MALFORMED / ROUNDS, round + 7)) await server.write(line);
      await server.request("ping", {}, `round ${round}`);
    },
    () => server.rssBytes / MB,
  );
  const survived = server.isAlive && server.broken === 0;
  return [
    { name: "malformed requests survived", value: survived ? MALFORMED : 0, unit: "requests", goal: `>= ${MALFORMED}` },
    { name: "growth of the server by them", value, unit: "MB", goal: "<= 8", runs },
    {
      name: "peak resident set of the server under them",
      value: Math.round(server.peakRssBytes / MB),
      unit: "MB",
      goal: "<= 150",
    },
  ];
}

async function sessionRows(): Promise<BenchRow[]> {
  const dir = mkdtempSync(join(tmpdir(), "plimsoll-mcp-http-"));
  const token = "bench-token";
  const env = { ...process.env, PLIMSOLL_MCP_TOKEN: token };
  const child = spawn(process.execPath, [PROGRAM, "--http", "0", "--dir", dir], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 300_000,
    killSignal: "SIGKILL",
  });
  try {
    const [said] = (await once(child.stderr, "data")) as [Buffer];
    const url = new URL(/http:\S+\/mcp/.exec(said.toString())?.[0] ?? "");
    const rss = (): number =>
      Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024;
    const { value, runs } = await growthOf(async () => {
      for (let nth = 0; nth < SESSIONS / ROUNDS; nth += 1) await comeAndGo(url, token);
    }, rss);
    return [
      {
        name: `growth of the server by ${SESSIONS} HTTP sessions that came and went`,
        value,
        unit: "MB",
        goal: "<= 8",
        runs,
      },
      {
        name: "peak resident set of the server under them, HTTP",
        value: peakMb(child.pid ?? 0),
        unit: "MB",
        goal: "<= 150",
      },
    ];
  } finally {
    child.kill("SIGTERM");
    await once(child, "exit");
    rmSync(dir, { recursive: true, force: true });
  }
}

async function conformanceRow(): Promise<BenchRow> {
  const { passed, failed, scenarios, said } = await runConformance();
  if (failed !== 0) process.stderr.write(`${said}\n`);
  const name = "checks of the official conformance suite passed";
  return { name, value: passed, unit: "checks", goal: `>= ${CHECKS}`, peers: { scenarios } };
}
