/**
 * A server that keeps 30 MB more every half second, replaced before it reaches 150 MB, while clients go on asking: no request
 * fails. `node --import tsx examples/supervise.ts`
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatBytes } from "plimsoll";
import { type InstanceEnd, Supervisor } from "plimsoll/supervise";

const REPLACEMENTS = 2;

/** A port that nobody uses now. */
async function findPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

function ask(port: number, agent: Agent): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: "127.0.0.1", port, agent }, (response) => {
      response.resume().on("end", () => resolve(true));
    }).on("error", () => resolve(false));
  });
}

const folder = mkdtempSync(join(tmpdir(), "plimsoll-example-"));
const port = await findPort();
const program = join(folder, "server.mjs");
writeFileSync(
  program,
  `import { createServer } from "node:http";
  const kept = [];
  setInterval(() => kept.push(Buffer.alloc(30 << 20, 1)), 500);
  createServer((_, response) => response.end("hello")).listen(${port}, "127.0.0.1");`,
);

const supervisor = new Supervisor({ command: [process.execPath, program], limit: "150mb", observe: false });
const isReady = new Promise((resolve) => supervisor.on("ready", resolve));
const events: InstanceEnd[] = [];
supervisor.on("replace", ({ instance, why }) => console.log(`instance ${instance}: ${why}`));
supervisor.on("end", (end) => {
  events.push(end);
  console.log(`instance ${end.instance} ${end.how}, peak ${formatBytes(end.peakRssBytes)}`);
});
await supervisor.start();
const alive = setInterval(() => {}, 1_000); // the supervisor's own timers keep nothing alive
await isReady;

const agent = new Agent({ keepAlive: true });
let answered = 0;
let failed = 0;
const endMs = Date.now() + 60_000;
while (events.filter(({ how }) => how === "replaced").length < REPLACEMENTS && Date.now() < endMs) {
  if (await ask(port, agent)) answered += 1;
  else failed += 1;
  await new Promise((resolve) => setTimeout(resolve, 5));
}
agent.destroy();
await supervisor[Symbol.asyncDispose]();
clearInterval(alive);
rmSync(folder, { recursive: true, force: true });
const replaced = events.filter(({ how }) => how === "replaced").length;
console.log(`${replaced} replacements, ${failed} failed requests, all others answered: ${answered > 100}`);
if (failed > 0) process.exitCode = 1;
