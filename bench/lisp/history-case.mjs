// Runs one program for some steps, with a history or without, then goes to steps at random. Prints times, bytes and peak memory.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileHistory } from "plimsoll/history";
import { Lisp } from "../../apps/lisp/dist/index.js";
import { Reader } from "../../apps/lisp/dist/reader/reader.js";

const programs = JSON.parse(readFileSync(new URL("./history-programs.json", import.meta.url), "utf8"));
const [index = "0", side = "plain", steps = "1000000", visits = "0"] = process.argv.slice(2);
const { definitions, expression } = programs[Number(index)];
const folder = mkdtempSync(join(tmpdir(), "lisp-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const history = side === "history" && (await fileHistory(folder).open("write"));
const lisp = new Lisp({ history });
lisp.evaluate(definitions);
lisp.prepare(new Reader(expression, "bench").read());
const startedAt = performance.now();
const { user, system } = process.cpuUsage();
lisp.run(Number(steps));
const ms = performance.now() - startedAt;
const cpu = process.cpuUsage();
const peakBytes = process.resourceUsage().maxRSS * 1024;
const visitMs = [];
const count = lisp.time === undefined ? 0 : Number(visits);
const { time } = lisp;
const head = time?.headStep ?? 0;
let seed = 1;
for (let visit = 0; visit < count; visit++) {
  seed = (seed * 48_271) % 2_147_483_647;
  const from = performance.now();
  time.goto(1 + Math.floor((seed / 2_147_483_647) * (head - 1)));
  visitMs.push(performance.now() - from);
}
const [bytes, keyframes] = [time?.bytes ?? 0, time?.keyframes ?? 0];
console.log(
  JSON.stringify({ ms, cpuMs: (cpu.user - user + cpu.system - system) / 1000, bytes, keyframes, peakBytes, visitMs }),
);
