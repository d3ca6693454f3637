/**
 * The cases of the bench as children with a deadline, and the sampler beside ours, which is installed for the bench alone.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const FOLDER = import.meta.dirname;
const PEERS = join(FOLDER, "peers");
const DEADLINE_MS = 900_000;

/** What a case prints, all its lines together. */
export type Printed = Readonly<Record<string, number | readonly number[]>>;

/**
 * Runs a case to its end.
 *
 * @throws Error when it does not end well.
 */
export function runCase(name: string, ...parameters: readonly (string | number)[]): Printed {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ["--expose-gc", join(FOLDER, `${name}-case.mjs`), ...parameters.map(String)],
    { encoding: "utf8", timeout: DEADLINE_MS, killSignal: "SIGKILL" },
  );
  if (status !== 0) throw new Error(`${name} ${parameters.join(" ")} ended with ${signal ?? status}:\n${stderr}`);
  const lines = stdout.split("\n").filter((line) => line.startsWith("{"));
  return Object.assign({}, ...lines.map((line) => JSON.parse(line) as Printed)) as Printed;
}

/** One number of what was printed. */
export function figure(printed: Printed, name: string): number {
  const value = printed[name];
  return typeof value === "number" ? value : Number.NaN;
}

/** A list of numbers of what was printed. */
export function list(printed: Printed, name: string): readonly number[] {
  const value = printed[name];
  return Array.isArray(value) ? (value as readonly number[]) : [];
}

/** Installs WebPPL where it is missing; none of its scripts are run. */
export function installPeer(): void {
  if (existsSync(join(PEERS, "node_modules", "webppl"))) return;
  const { status } = spawnSync("npm", ["ci", "--prefix", PEERS, "--ignore-scripts"], {
    stdio: ["ignore", 2, 2],
    timeout: DEADLINE_MS,
  });
  if (status !== 0) throw new Error("webppl could not be installed into bench/bayes/peers");
}
