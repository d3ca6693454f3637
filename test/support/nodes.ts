/**
 * The Node.js lines that a test runs against: the running one, and on Linux x64 the pinned others of
 * test/runtimes. Elsewhere only the running one, and the run says so (install-runtimes.ts).
 */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Where package.json and lock file of the other lines lie. */
export const RUNTIMES_DIR: string = join(import.meta.dirname, "..", "runtimes");

/** True where the pinned binaries can run; they are linked against glibc. */
export const runtimesSupported: boolean = process.platform === "linux" && process.arch === "x64" && usesGlibc();

function usesGlibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}

/** A Node.js binary. */
export interface NodeRuntime {
  /** Without the `v`. */
  readonly version: string;
  readonly path: string;
}

const PINNED: readonly NodeRuntime[] = ["22.23.3", "24.21.0"].map((version) => ({
  version,
  path: join(RUNTIMES_DIR, "node_modules", `node${version.slice(0, 2)}`, "bin", "node"),
}));

/**
 * The running Node.js first, then the other lines.
 *
 * @throws Error when the pinned ones should be there and are not.
 */
export function availableNodes(): NodeRuntime[] {
  const running: NodeRuntime = { version: process.versions.node, path: process.execPath };
  if (!runtimesSupported) return [running];
  for (const { path } of PINNED) {
    if (!existsSync(path)) {
      throw new Error(`${path} is missing: run npm ci --prefix test/runtimes --no-bin-links --ignore-scripts`);
    }
  }
  const line = running.version.split(".")[0];
  return [running, ...PINNED.filter(({ version }) => version.split(".")[0] !== line)];
}
