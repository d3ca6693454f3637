/** The same replacement under load on the other lines of Node.js, whose servers, channels and HTTP differ inside. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { availableNodes } from "../support/nodes.ts";
import { ask, load, PROGRAMS, Supervising, until } from "./supervising.ts";

describe.concurrent.each(availableNodes())("on Node.js $version", ({ path }) => {
  it("no request fails, and state goes on", async () => {
    const options = ["--restart-after", "60", "--limit", "500mb", "--no-reports"];
    await using running = new Supervising(options, [path, join(PROGRAMS, "server.mjs")]);
    const port = await running.port();
    const stop = load(port, 8);
    await running.event("end", 3);
    const { served, failed } = await stop();
    expect(failed).toEqual([]);
    await until(`a count of ${served}`, async () => Number((await ask(port, "/served")).body) === served || undefined);
  });
});
