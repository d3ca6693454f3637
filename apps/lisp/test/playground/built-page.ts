/**
 * The playground, built by Vite and opened in a real Chromium.
 */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";
import { build } from "vite";
import { launchOptions } from "../../../../test/support/browser.ts";

const PLAYGROUND = join(import.meta.dirname, "..", "..", "playground");
const TYPES: ReadonlyMap<string, string> = new Map([
  [".html", "text/html"],
  [".js", "text/javascript"],
  [".css", "text/css"],
]);

/** The playground in a browser; disposing of it ends both. */
export interface BuiltPlayground extends AsyncDisposable {
  /** The browser, with a profile of its own. */
  readonly context: BrowserContext;
  /** Where the page is. */
  readonly url: string;
}

/** Builds the playground into a temporary folder, serves it, and starts a browser. */
export async function openPlayground(): Promise<BuiltPlayground> {
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-playground-"));
  const site = join(folder, "site");
  await build({
    root: PLAYGROUND,
    configFile: join(PLAYGROUND, "vite.config.ts"),
    logLevel: "warn",
    build: { outDir: site, emptyOutDir: true },
  });
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const file = path === "/" ? "/index.html" : path;
    try {
      const body = readFileSync(join(site, file));
      response.setHeader("content-type", TYPES.get(extname(file)) ?? "application/octet-stream").end(body);
    } catch {
      response.writeHead(404).end();
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const context = await chromium.launchPersistentContext(join(folder, "profile"), await launchOptions());
  return {
    context,
    url: `http://playground.localhost:${port}/`,
    async [Symbol.asyncDispose]() {
      await context.close();
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
