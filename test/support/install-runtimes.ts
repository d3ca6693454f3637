/**
 * Installs the other Node.js lines of test/runtimes once, before any test (see nodes.ts). Apart from
 * everything else: that package's `node` must not shadow the running one.
 */
import { installPackages } from "./install-packages.ts";
import { RUNTIMES_DIR, runtimesSupported } from "./nodes.ts";

/** Called by vitest. */
export default async function installRuntimes(): Promise<void> {
  if (runtimesSupported) await installPackages(RUNTIMES_DIR);
  else console.error(`Other Node.js lines are only installed on Linux x64: testing with ${process.version} alone.`);
}
