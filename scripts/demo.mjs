// `npm run demo`: a Fastify server that leaks sessions (examples/demo/server.js), started under
// `plimsoll run` as a user would, under real load, for about half a minute. Ends by itself: 0 when
// the verdict is the true one, 1 when it is not, 2 when the demo itself broke.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import autocannon from "autocannon";

const ROOT = join(import.meta.dirname, "..");
const CLI = join(ROOT, "dist", "cli", "main.js");
const SERVER = join("examples", "demo", "server.js");
const REPORTS = join(ROOT, ".plimsoll");
const LOAD_SECONDS = 28;
const REQUESTS_PER_SECOND = 500;
const START_DEADLINE_MS = 15_000;
const END_DEADLINE_MS = 15_000;

/** The session is made in the route handler. */
const EXPECTED = { kind: "js-heap", leak: true, function: "login", holder: "Map sessions in server.js" };
const STARTED_MS = Date.now();

/** Starts the server under `plimsoll run`; resolves once it listens. */
async function startServer() {
  const args = [CLI, "run", "--snapshots", "--", "node", SERVER];
  console.log(`$ plimsoll run --snapshots -- node ${SERVER}`);
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  const overall = START_DEADLINE_MS + LOAD_SECONDS * 1000 + END_DEADLINE_MS + 10_000;
  const watchdog = setTimeout(() => child.kill("SIGKILL"), overall).unref();
  const exited = new Promise((resolve) => child.once("close", (code, signal) => resolve({ code, signal })));
  void exited.then(() => clearTimeout(watchdog));
  process.once("exit", () => child.kill("SIGKILL"));
  const url = await withDeadline("the server to listen", START_DEADLINE_MS, [
    listeningUrl(child.stdout),
    exited.then(({ code }) => Promise.reject(new Error(`plimsoll run ended too early, with code ${code}`))),
  ]);
  return { child, exited, url };
}

function listeningUrl(stdout) {
  let text = "";
  return new Promise((resolve) => {
    stdout.setEncoding("utf8").on("data", (chunk) => {
      process.stdout.write(chunk);
      text += chunk;
      const match = /listening on (http:\S+)/.exec(text);
      if (match) resolve(match[1]);
    });
  });
}

async function withDeadline(what, deadlineMs, promises) {
  let timer;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${deadlineMs / 1000} s in vain for ${what}`)), deadlineMs);
  });
  try {
    return await Promise.race([...promises, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The newest report below REPORTS, as `{ folder, report }`. */
function newestReport() {
  const files = readdirSync(REPORTS, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith("report.json"))
    .map((file) => join(REPORTS, file))
    .filter((file) => statSync(file).mtimeMs >= STARTED_MS)
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  if (!files[0]) throw new Error(`no new report.json below ${REPORTS}`);
  return { path: files[0], report: JSON.parse(readFileSync(files[0], "utf8")) };
}

/** What differs from the true answer, in words. */
function mistakes({ verdict, growth }) {
  const where = growth[0]?.where;
  const line =
    readFileSync(join(ROOT, SERVER), "utf8")
      .split("\n")
      .findIndex((text) => text.includes("function login")) + 1;
  const { kind, leak } = verdict;
  const found = { kind, leak, function: where?.function, line: where?.line, holder: growth[0]?.holder };
  const wanted = { ...EXPECTED, line };
  return Object.keys(wanted)
    .filter((key) => found[key] !== wanted[key])
    .map((key) => `${key} is ${found[key]}, should be ${wanted[key]}`);
}

async function demo() {
  if (!existsSync(CLI)) spawnSync("npm", ["run", "build"], { cwd: ROOT, stdio: "inherit", timeout: 120_000 });
  const { child, exited, url } = await startServer();
  console.log(`load: ${REQUESTS_PER_SECOND} logins a second for ${LOAD_SECONDS} s`);
  await autocannon({
    url: `${url}/login`,
    connections: 10,
    duration: LOAD_SECONDS,
    overallRate: REQUESTS_PER_SECOND,
  });
  child.kill("SIGTERM");
  const { code, signal } = await withDeadline("plimsoll run to end", END_DEADLINE_MS, [exited]);
  const { path, report } = newestReport();
  const html = path.replace(/\.json$/, ".html");
  console.log(`\nplimsoll run ended with ${signal ?? `code ${code}`}. The report: ${relative(ROOT, html)}`);
  console.log(`Open it: ${pathToFileURL(html).href}`);
  const wrong = mistakes(report);
  console.log(wrong.length === 0 ? "The verdict is right." : `The verdict is WRONG: ${wrong.join("; ")}.`);
  return wrong.length === 0 ? 0 : 1;
}

try {
  process.exit(await demo());
} catch (error) {
  console.error(`demo: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(2);
}
