/**
 * better-sqlite3 for this process and its children, from test/native-peers: it is compiled where it cannot be downloaded, so that
 * a bare machine cannot have it in the root's installation.
 */
import { join } from "node:path";
import { installPackages } from "./install-packages.ts";

const NATIVE_PEERS = join(import.meta.dirname, "..", "native-peers");
const REGISTER = join(NATIVE_PEERS, "register.mjs");

/** Called by vitest for the service tests, and by benchmarks. */
export default async function installNativePeers(): Promise<void> {
  await installPackages(NATIVE_PEERS, { runsScripts: true });
  process.env["NODE_OPTIONS"] = `${process.env["NODE_OPTIONS"] ?? ""} --import=${REGISTER}`.trim();
  await import(REGISTER);
}
