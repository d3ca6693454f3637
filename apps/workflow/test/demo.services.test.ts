/** The demo, smaller: in a memory cgroup where one can be made, and its timeline in a real Chromium. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { launchBrowser } from "../../../test/support/browser.ts";
import { run } from "../../../test/support/processes.ts";

const ROOT = join(import.meta.dirname, "../../..");
const PAGE = join(ROOT, ".workflow", "timeline.html");

it("reads documents within 256 MB, and draws it", { timeout: 300_000 }, async () => {
  const { status, stdout, stderr } = run(
    process.execPath,
    ["--import", "tsx", join(ROOT, "apps/workflow/demo/run.ts")],
    {
      cwd: ROOT,
      env: { DEMO_DOCUMENTS: "150" },
      deadlineMs: 240_000,
    },
  );
  expect({ status, stderr }).toMatchObject({ status: 0 });
  expect(stdout).toMatch(/# in a cgroup v[12] of 256 MB/);
  expect(stdout).toContain("Killed by the kernel: 0 times.");
  expect(stdout).toContain("Every document was read whole, within the limit.");
  expect(readFileSync(PAGE).length).toBeLessThan(500_000);

  const browser = await launchBrowser();
  try {
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [320, 1200]) {
        const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme, offline: true });
        const complaints: string[] = [];
        page.on("console", (message) => complaints.push(message.text()));
        page.on("request", (request) => {
          if (request.url() !== pathToFileURL(PAGE).href && !request.url().startsWith("data:"))
            complaints.push(request.url());
        });
        await page.goto(pathToFileURL(PAGE).href);
        expect(complaints).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(width);
        expect(await page.locator("svg polyline").count()).toBe(7);
        expect(await page.locator(".verdict").textContent()).toMatch(/^It stayed within its limit of 256 MB/);
        await page.close();
      }
    }
  } finally {
    await browser.close();
  }
});
