/** The built server on every line of Node.js. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { availableNodes } from "../../../test/support/nodes.ts";
import { Agent } from "./support/client.ts";

const LEAK = join(import.meta.dirname, "fixtures", "stepwise-leak.mjs");
const MOST_RSS_KB = 150 * 1024;
const STATE_MS = { timeout: 20_000 };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plimsoll-mcp-nodes-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(availableNodes())("on Node.js $version", ({ path }) => {
  it("starts, watches and remembers", async () => {
    const steps = join(folder, `steps-${path.replaceAll("/", "-")}`);
    await using other = await Agent.start({ node: path });
    await other.ask("start_process", { command: [path, LEAK, steps] });
    await expect.poll(async () => (await other.ask("trend")).facts.length, STATE_MS).toBe(1);
    expect(existsSync(steps)).toBe(true);
    expect((await other.ask("capture_heap", { watch: "w1" })).summary).toMatch(/^Nothing was done yet/);
    const status = readFileSync(`/proc/${other.pid}/status`, "utf8");
    expect(Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1])).toBeLessThan(MOST_RSS_KB);
  });
});
