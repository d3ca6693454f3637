/**
 * Plimsoll's own version, read from its package.json when first asked for. The module lies equally
 * deep in `src` and in `dist`, so one relative path serves both.
 */
import { readFileSync } from "node:fs";

let version: string | undefined;

/** Plimsoll's version, such as `0.1.0`; `unknown` when its package.json cannot be read. */
export function readVersion(): string {
  version ??= parseVersion();
  return version;
}

function parseVersion(): string {
  try {
    const text = readFileSync(new URL("../../../package.json", import.meta.url), "utf8");
    const manifest: unknown = JSON.parse(text);
    if (typeof manifest === "object" && manifest !== null && "version" in manifest) {
      return String(manifest.version);
    }
  } catch {
    // A report without a version is better than no report.
  }
  return "unknown";
}
