/**
 * A real Chromium with pages of this project: a server on the loopback interface gives them the TypeScript sources as
 * modules, their types taken out and nothing else changed.
 */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import bundled from "@sparticuz/chromium";
import { type Browser, chromium, type LaunchOptions, type Page } from "playwright-core";
import ts from "typescript";

const ROOT = join(import.meta.dirname, "..", "..");
const START_MS = 45_000;
/** One process for all pages ends with the first page closed; without web security nothing is refused. */
const UNFIT = ["--single-process", "--no-zygote", "--disable-web-security", "--allow-running-insecure-content"];

/** How a real Chromium is started here. */
export const launchOptions = async (): Promise<LaunchOptions> => ({
  args: bundled.args.filter((argument) => !UNFIT.includes(argument)),
  executablePath: await bundled.executablePath(),
  headless: true,
  timeout: START_MS,
});

/** Starts a browser without a profile and without a server, for pages that are files. */
export const launchBrowser = async (): Promise<Browser> => chromium.launch(await launchOptions());

/** A browser; disposing of it ends it. */
export interface TestBrowser extends AsyncDisposable {
  /** Opens an empty page on `http://<name>.localhost`, an origin that counts as secure and has a quota of its own. */
  open(name: string): Promise<Page>;
}

/**
 * Starts a browser. A path below the origin of its pages is a file of the project.
 *
 * @param isPrivate - true for private windows, which keep everything in memory. Default: a profile on the disk, as users have.
 */
export async function startBrowser({ isPrivate = false } = {}): Promise<TestBrowser> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const [, part] = path.split("/");
    if (!path.endsWith(".ts") || !["src", "test", "bench"].includes(part ?? "")) {
      response.setHeader("content-type", "text/html").end("<!doctype html><title>empty</title>");
      return;
    }
    const { outputText } = ts.transpileModule(readFileSync(join(ROOT, path), "utf8"), {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
    });
    response.setHeader("content-type", "text/javascript").end(outputText);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const profile = mkdtempSync(join(tmpdir(), "plimsoll-chromium-"));
  const browser = isPrivate
    ? await launchBrowser()
    : await chromium.launchPersistentContext(profile, await launchOptions());
  return {
    async open(name) {
      const page = await browser.newPage();
      await page.goto(`http://${name}.localhost:${port}`);
      return page;
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
      server.close();
      server.closeAllConnections();
    },
  };
}
