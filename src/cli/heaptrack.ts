/**
 * heaptrack's view of a program's native allocations: its library is preloaded into the started process (and no
 * further: it takes itself out of the environment), what it wrote is read when the program has ended, and
 * thrown away, since it holds the command line. https://github.com/KDE/heaptrack
 */
import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { formatBytes } from "../base/bytes.ts";
import type { ReportTrial } from "../diagnose/report/report.ts";
import { formatCount } from "../diagnose/report/words.ts";
import { findProgram } from "./installation.ts";

const READ_DEADLINE_MS = 60_000;
const MOST_PLACES = 5;
/** Relative to where the program `heaptrack` lies; Debian has the first. */
const LIBRARIES = ["../lib/heaptrack", "../lib64/heaptrack"] as const;

/** Where its parts lie. */
export interface HeaptrackFiles {
  readonly preload: string;
  readonly interpreter: string;
  readonly printer: string;
}

/** Finds an installed heaptrack. */
export function findHeaptrack(): HeaptrackFiles | undefined {
  const program = findProgram("heaptrack");
  const printer = findProgram("heaptrack_print");
  if (program === undefined || printer === undefined) return undefined;
  return LIBRARIES.map((library) => join(dirname(program), library))
    .map((dir) => ({
      preload: join(dir, "libheaptrack_preload.so"),
      interpreter: join(dir, "libexec", "heaptrack_interpret"),
      printer,
    }))
    .find(({ preload, interpreter }) => existsSync(preload) && existsSync(interpreter));
}

/** One run under heaptrack. */
export class Heaptrack implements Disposable {
  readonly #files: HeaptrackFiles;
  readonly #dir = mkdtempSync(join(tmpdir(), "plimsoll-heaptrack-"));

  constructor(files: HeaptrackFiles) {
    this.#files = files;
  }

  /** The environment to start the program with. */
  environment(base: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
    const others = base["LD_PRELOAD"];
    return {
      ...base,
      LD_PRELOAD: others ? `${this.#files.preload}:${others}` : this.#files.preload,
      DUMP_HEAPTRACK_OUTPUT: join(this.#dir, "raw"),
    };
  }

  /** What was allocated and not freed when the program ended. Takes about a second for each 50 MB of records. */
  async read(): Promise<ReportTrial> {
    const [raw, readable, text] = ["raw", "readable", "text"].map((name) => join(this.#dir, name));
    const none = (why: string): ReportTrial => ({ name: "heaptrack", sentence: `heaptrack: ${why}`, details: [] });
    if (raw === undefined || readable === undefined || text === undefined || !existsSync(raw)) {
      return none("it wrote nothing: the program is linked statically, or did not start");
    }
    const options = ["--print-leaks", "1", "-p", "0", "-a", "0", "-T", "0", "-s", "0"];
    const isRead =
      (await pipe(this.#files.interpreter, [], raw, readable)) &&
      (await pipe(this.#files.printer, ["-f", readable, ...options], raw, text));
    return isRead ? describePlaces(parsePlaces(readFileSync(text, "utf8"))) : none("what it wrote could not be read");
  }

  /** Throws away what it wrote. */
  [Symbol.dispose](): void {
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** Runs a program from one file into another; false when it fails, or takes too long. */
function pipe(program: string, args: readonly string[], from: string, to: string): Promise<boolean> {
  const [input, output] = [openSync(from, "r"), openSync(to, "w", 0o600)];
  return new Promise((resolve) => {
    const stdio = [input, output, "ignore"] as const;
    const child = spawn(program, args, { stdio: [...stdio], timeout: READ_DEADLINE_MS, killSignal: "SIGKILL" });
    const end = (isDone: boolean): void => {
      closeSync(input);
      closeSync(output);
      resolve(isDone);
    };
    child.once("error", () => end(false));
    child.once("exit", (code) => end(code === 0));
  });
}

/** A function that allocated what was not freed. */
export interface NativePlace {
  readonly bytes: number;
  readonly calls: number;
  readonly function: string;
  /** Base name of the program or library. */
  readonly module: string;
}

const UNIT_BYTES: Readonly<Record<string, number>> = { "": 1, B: 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

/** Reads what `heaptrack_print --print-leaks` says, merged by function; its units are decimal. */
export function parsePlaces(text: string): NativePlace[] {
  const found = text.matchAll(/^([\d.]+)([BKMGT]?)B? leaked over (\d+) calls from\n(.+)\n(?:  in (.+)\n)?/gm);
  return [...found].map(([, size, unit = "", calls, name = "", module = "?"]) => ({
    bytes: Math.round(Number(size) * (UNIT_BYTES[unit] ?? 1)),
    calls: Number(calls),
    function: name.trim(),
    module: basename(module.trim()),
  }));
}

/** These places as an entry of the report. */
function describePlaces(places: readonly NativePlace[]): ReportTrial {
  const [first] = places;
  const name = "heaptrack";
  if (first === undefined)
    return { name, sentence: "heaptrack: all that native code allocated was freed", details: [] };
  const words = ({ bytes, calls, function: place, module }: NativePlace): string =>
    `${formatBytes(bytes)} from ${formatCount(calls)} calls in ${place} (${module})`;
  return {
    name,
    sentence: `heaptrack: not freed at the end, most of all ${words(first)}`,
    details: places.slice(1, MOST_PLACES).map(words),
    figures: { bytes: first.bytes, calls: first.calls },
  };
}
