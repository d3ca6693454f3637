/** A durable queue outlives SIGKILL at any point of its writes: the short form of `npm run soak:spill`. The map: see spill-map.test.ts. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { scratchFolder } from "../../../src/budget/spill/scratch-folder.ts";
import { testFolder } from "./folders.ts";
import { type KnownQueue, killWriter } from "./kills.ts";

const KILLS = 10;

it(`keeps what was flushed through ${KILLS} kills of one queue`, async () => {
  const folder = join(testFolder(), "queue");
  let known: KnownQueue = { pushed: 0, taken: 0 };
  let records = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const outcome = await killWriter(folder, known, (kill * 7) % 40, kill);
    expect(outcome.faults).toEqual([]);
    known = outcome.known;
    records += outcome.records;
  }
  expect(records).toBeGreaterThan(100);
});

it("removes what a killed process has left, and nothing of one that runs", async () => {
  const directory = testFolder();
  const program = `
    import { SpillQueue } from "plimsoll/budget";
    import { readdirSync, writeFileSync } from "node:fs";
    const queue = new SpillQueue({ memory: 4096, directory: ${JSON.stringify(directory)} });
    for (let i = 0; i < 1000; i += 1) queue.push({ i, text: "x".repeat(100) });
    writeFileSync(\`${directory}/\${readdirSync(${JSON.stringify(directory)})[0]}/left\`, "over");
    console.log(queue.diskBytes);
    setTimeout(() => process.exit(99), 20_000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
    timeout: 20_000,
    killSignal: "SIGKILL",
  });
  const closed = once(child, "close");
  await once(child.stdout, "data");
  const [left = ""] = readdirSync(directory);
  expect(scratchFolder(directory)).not.toBe(join(directory, left));
  expect(existsSync(join(directory, left, "left"))).toBe(true);
  child.kill("SIGKILL");
  await closed;
  expect(existsSync(join(directory, left, "left"))).toBe(true);
  rmSync(scratchFolder(directory), { recursive: true });
  expect(readdirSync(directory)).toEqual([left]);
  scratchFolder(directory);
  expect(existsSync(join(directory, left))).toBe(false);
});
