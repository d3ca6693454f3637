/**
 * Recordings of the programs with a known answer, kept in bench/recordings/ so that a new rule is judged in
 * seconds. Nothing of the machine is kept: paths are relative, times count from a fixed day, counters of the
 * machine's cgroups are left out.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Recording } from "../../../src/monitor/remote/recording.ts";

/** A recording as kept. */
export interface KeptRecording {
  readonly schema: "plimsoll.kept-recording/1";
  /** File in test/truth/. */
  readonly program: string;
  /** Node's version. */
  readonly node: string;
  readonly recording: Recording;
}

const ROOT = join(import.meta.dirname, "..", "..", "..");
const FOLDER = join(ROOT, "bench", "recordings");
const START_MS = Date.UTC(2000, 0, 1);
/** Numbers above are times since the epoch, others durations. */
const EPOCH_MS = 1e12;

/** Keeps a recording. @returns the bytes that it takes. */
export function keepRecording(program: string, recording: Recording): number {
  const path = pathOf(program, lineOf(process.versions.node));
  const kept: KeptRecording = {
    schema: "plimsoll.kept-recording/1",
    program,
    node: process.versions.node,
    recording: withoutMachine(recording),
  };
  const packed = gzipSync(JSON.stringify(kept), { level: 9 });
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, packed);
  return packed.byteLength;
}

/**
 * The kept recording of a program; `undefined` when there is none.
 *
 * @param line - of Node.js: `22`. Default: `20`.
 */
export function readRecording(program: string, line = "20"): KeptRecording | undefined {
  const path = pathOf(program, line);
  if (!existsSync(path)) return undefined;
  return JSON.parse(gunzipSync(readFileSync(path)).toString()) as KeptRecording;
}

/** A copy without anything that is the machine's own. */
export function withoutMachine(recording: Recording): Recording {
  const shiftMs = recording.startedAtMs - START_MS;
  const text = JSON.stringify(recording, (key, value: unknown) => {
    if (key === "oom") return undefined;
    if (typeof value === "string") return relative(value);
    if (typeof value !== "number") return value;
    if (!key.endsWith("Ms")) return value;
    return Math.round(10 * (value > EPOCH_MS ? value - shiftMs : value)) / 10;
  });
  return JSON.parse(text) as Recording;
}

function relative(text: string): string {
  return text
    .replaceAll(`file://${ROOT}/`, "")
    .replaceAll(`${ROOT}/`, "")
    .replaceAll(dirname(dirname(process.execPath)), "node")
    .replaceAll(tmpdir(), "tmp")
    .replaceAll(homedir(), "~");
}

function lineOf(version: string): string {
  return version.split(".")[0] ?? version;
}

function pathOf(program: string, line: string): string {
  return join(FOLDER, line, `${program}.json.gz`);
}
