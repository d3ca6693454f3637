/** The drivers of browsers in a real Chromium: the shared contract, whole stores, and a quota that is used up. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startBrowser, type TestBrowser } from "../support/browser.ts";
import { browserHistory, type CallWorker, startWorker } from "./browser-driver.ts";
import { describeDriver } from "./driver-contract.ts";

let browser: TestBrowser;
let worker: CallWorker;
let serial = 0;

beforeAll(async () => {
  browser = await startBrowser();
  worker = await startWorker(await browser.open("history"));
});

afterAll(async () => {
  await browser[Symbol.asyncDispose]();
});

describe.each(["opfs", "indexed-db"])("in Chromium, %s", (driver) => {
  describeDriver(driver, () => browserHistory(worker, driver, `place-${serial++}`));

  const call = (on: CallWorker, method: string): Promise<unknown> =>
    on({ driver, place: method === "useStore" ? "store" : "full", storage: -1, method, args: [] });

  it("carries a store that is saved to, thinned and opened again", async () => {
    expect(await call(worker, "useStore")).toBe(0);
  });

  it.each([
    { name: "on the disk", isPrivate: false },
    { name: "of a private window", isPrivate: true },
  ])("says that the quota $name is used up, and has lost nothing", async ({ isPrivate }) => {
    await using own = isPrivate ? await startBrowser({ isPrivate }) : undefined;
    // A browser remembers for a while how much room an origin has: this one was not used yet.
    const page = await (own ?? browser).open(`full-${driver}`);
    const { origin } = new URL(page.url());
    const client = await page.context().newCDPSession(page);
    await client.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 4_000_000 });
    const small = await startWorker(page);
    const full = (await call(small, "fill")) as { code: string; message: string; safe: number; read: number };
    expect(full.code).toBe("ERR_PLIMSOLL_UNWRITABLE");
    expect(full.message).toContain("quota");
    expect(full.safe).toBeGreaterThan(3);
    expect(full.read).toBe(full.safe);
    await client.send("Storage.overrideQuotaForOrigin", { origin });
    const after = (await call(small, "goOn")) as { last: number; whole: number; damages: number };
    expect(after.last).toBeGreaterThanOrEqual(full.safe);
    expect(after).toEqual({ last: after.last, whole: after.last, damages: 0 });
  });
});
