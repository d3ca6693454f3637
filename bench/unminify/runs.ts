/**
 * Runs of the command and of its peers, each a process of its own, because a peak never goes down again.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

const ROOT = join(import.meta.dirname, "..", "..");
const COMMAND = join(ROOT, "apps/unminify/bin/unminify.js");
const PROGRAM = join(ROOT, "apps/unminify/dist/command/main.js");
const CASE = join(import.meta.dirname, "peers-case.cjs");
const MB = 2 ** 20;

/** Where peers are installed. */
export const PEERS: string = join(import.meta.dirname, "peers");
/** A small run that writes no results. */
export const isQuick: boolean = process.argv.includes("--quick");
/** Command lines of peers that take longer are stopped. */
export const DEADLINE_MS: number = isQuick ? 20_000 : 60_000;
/** Of the command itself and of libraries, also on a busy machine. */
const OWN_DEADLINE_MS = 240_000;
/** Where outputs go. */
export const folder: string = mkdtempSync(join(tmpdir(), "unminify-bench-"));

/** What a process took. */
export interface Run {
  readonly ms: number;
  readonly peakBytes: number;
}

/** What the command said of itself. */
export interface OwnRun extends Run {
  readonly estimateBytes: number;
  readonly bindings: number;
  /** Milliseconds by phase. */
  readonly phases: Readonly<Record<string, number>>;
  readonly model: { readonly calls: number; readonly bindings: number; readonly named: number } | undefined;
}

/** The command as a user starts it. */
export function unminify(input: string, ...options: readonly string[]): OwnRun {
  return unminifyBy(COMMAND, argumentsFor(input, options));
}

/** The same program without the flags in the first line of its file. */
export function unminifyWithoutFlags(input: string): OwnRun {
  return unminifyBy(process.execPath, [PROGRAM, ...argumentsFor(input, [])]);
}

/** The command as a user of another Node.js starts it. */
export function unminifyOn(node: string, input: string): OwnRun {
  return unminifyBy(COMMAND, argumentsFor(input, []), `${dirname(node)}${delimiter}${process.env["PATH"] ?? ""}`);
}

function unminifyBy(program: string, args: readonly string[], path = process.env["PATH"]): OwnRun {
  const { status, stdout, stderr } = spawnSync(program, args, {
    env: { ...process.env, PATH: path },
    encoding: "utf8",
    timeout: OWN_DEADLINE_MS,
    killSignal: "SIGKILL",
  });
  if (status !== 0) throw new Error(`unminify ended with ${status}: ${stderr}`);
  return readRun(stdout);
}

/** The same while this process goes on, because the model that is asked lives in it. */
export async function unminifyBeside(input: string, ...options: readonly string[]): Promise<OwnRun> {
  const child = spawn(COMMAND, argumentsFor(input, options), {
    stdio: ["ignore", "pipe", "ignore"],
    timeout: OWN_DEADLINE_MS,
    killSignal: "SIGKILL",
  });
  let stdout = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`unminify ended with ${code}`);
  return readRun(stdout);
}

function argumentsFor(input: string, options: readonly string[]): string[] {
  const place = options.includes("--split") ? mkdtempSync(join(folder, "split-")) : join(folder, "out.js");
  return [input, "-o", place, "--json", ...options];
}

function readRun(stdout: string): OwnRun {
  const { results, peakRssBytes } = JSON.parse(stdout) as {
    results: {
      phases: { phase: string; milliseconds: number }[];
      estimate: { peakBytes: number };
      bindings: number;
      model?: { calls: number; bindings: number; named: number };
    }[];
    peakRssBytes: number;
  };
  const [result] = results;
  const phases = result?.phases ?? [];
  return {
    ms: phases.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    peakBytes: peakRssBytes,
    estimateBytes: result?.estimate.peakBytes ?? 0,
    bindings: result?.bindings ?? 0,
    phases: Object.fromEntries(phases.map(({ phase, milliseconds }) => [phase, milliseconds])),
    model: result?.model,
  };
}

/** What a peer says of itself. */
export interface PeerRun extends Run {
  /** What it found, where that is a number. */
  readonly count?: number;
  /** Share of the source that the largest part has, in per cent. */
  readonly largestPercent?: number;
}

/** A peer as a library. */
export function peer(name: string, file: string): PeerRun {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    ["--max-old-space-size=6000", CASE, name, file],
    { encoding: "utf8", timeout: OWN_DEADLINE_MS, killSignal: "SIGKILL" },
  );
  if (status !== 0) throw new Error(`${name} ended with ${signal ?? status}: ${stderr.slice(-200)}`);
  return JSON.parse(stdout) as PeerRun;
}

/** A peer's own command line; its peak is what it leaves in `process.resourceUsage`. */
export function command(file: string, ...args: readonly string[]): Run {
  const preload = `data:text/javascript,process.on("exit",()=>process._rawDebug("peak "+process.resourceUsage().maxRSS))`;
  const { status, signal, stderr } = spawnSync(
    process.execPath,
    ["--max-old-space-size=6000", "--import", preload, join(PEERS, "node_modules", file), ...args],
    {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "ignore", "pipe"],
      timeout: DEADLINE_MS,
      killSignal: "SIGKILL",
    },
  );
  const kilobytes = Number(/peak (\d+)/.exec(stderr)?.[1]);
  if (status !== 0 || !Number.isFinite(kilobytes)) throw new Error(String(signal ?? status));
  return { ms: Number.NaN, peakBytes: kilobytes * 1024 };
}

/** A peer's peak in MB, or how it ended. */
export function told(run: () => Run): number | string {
  try {
    return megabytes(run().peakBytes);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return reason.includes("SIGKILL") ? `stopped after ${DEADLINE_MS / 1000} s` : `failed (${reason.slice(0, 60)})`;
  }
}

/** Bytes as MB, three digits of them. */
export function megabytes(bytes: number): number {
  return rounded(bytes / MB);
}

/** Three digits. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
