/**
 * The compact form: the text of a snapshot comes out of it as it went in, whatever the pieces; a file that is not whole is
 * refused or never there; and a compact capture of a running program gives the answers of an ordinary one.
 */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PlimsollError } from "../../src/base/errors.ts";
import { captureCompactHeap } from "../../src/heap/capture.ts";
import { CompactWriter } from "../../src/heap/compact-writer.ts";
import { openHeap } from "../../src/heap/open-heap.ts";
import { SnapshotFile } from "../../src/heap/snapshot-file.ts";
import { availableNodes } from "../support/nodes.ts";
import { runWell } from "../support/processes.ts";
import { smallSnapshots, snapshotText } from "./small-snapshots.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const MAIN = join(ROOT, "dist", "cli", "main.js");
const BOTH_FORMS = join(import.meta.dirname, "fixtures", "both-forms.mjs");
const HOLD = join(ROOT, "test", "cli", "fixtures", "hold.mjs");

let folder: string;
const file = (): string => join(folder, "a.compact");
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "plimsoll-compact-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function pack(text: Buffer, pieceBytes: number): void {
  using writer = new CompactWriter(file());
  for (let at = 0; at < text.length; at += pieceBytes) writer.write(text.subarray(at, at + pieceBytes));
  writer.finish();
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    return PlimsollError.is(error) ? error.code : String(error);
  }
}

describe("the compact form", () => {
  it("gives back what went in, in pieces of any size, from any place", () => {
    fc.assert(
      fc.property(smallSnapshots(), fc.integer({ min: 1, max: 400 }), fc.nat(), (snapshot, pieceBytes, place) => {
        const text = snapshotText(snapshot);
        pack(Buffer.from(text), pieceBytes);
        using packed = new SnapshotFile(file());
        const whole = packed.read(0, packed.sizeBytes);
        expect(JSON.parse(whole.toString())).toEqual(JSON.parse(text));
        const at = place % whole.length;
        expect(packed.read(at, pieceBytes)).toEqual(whole.subarray(at, at + pieceBytes));
      }),
    );
  });

  it("packs rows and texts of many blocks", () => {
    const edges = Array.from({ length: 40_000 }, (_, nth) => [nth % 7, nth * 3, ((nth * 7919) % 40_000) * 2]);
    const nodes = edges.flatMap((_, nth) => [nth * 2 ** 20, 2 * nth + 1]);
    const text = JSON.stringify({
      snapshot: { meta: { node_fields: ["self_size", "id"], edge_fields: ["type", "name_or_index", "to_node"] } },
      nodes,
      edges: edges.flat(),
      strings: edges.map((_, nth) => `"edges":[ ${nth} \\ ü`),
    });
    pack(Buffer.from(text), 100_000);
    using packed = new SnapshotFile(file());
    expect(packed.read(0, packed.sizeBytes).toString() === text).toBe(true);
  });

  it("is not there when the text was cut off anywhere", () => {
    fc.assert(
      fc.property(smallSnapshots(), fc.nat(), fc.integer({ min: 1, max: 400 }), (snapshot, place, pieceBytes) => {
        const text = Buffer.from(snapshotText(snapshot));
        expect(() => pack(text.subarray(0, place % text.length), pieceBytes)).toThrow(/cut off|layout/);
        expect(readdirSync(folder)).toEqual([]);
      }),
    );
  });

  it("is refused where a byte of it has changed, or its end is missing", () => {
    const [snapshot] = fc.sample(smallSnapshots(), { numRuns: 1, seed: 7 });
    if (snapshot === undefined) throw new Error("no sample");
    pack(Buffer.from(snapshotText(snapshot)), 1000);
    const whole = readFileSync(file());
    for (let at = "PLIMPACK".length; at < whole.length; at += 5) {
      const broken = Buffer.from(whole);
      broken[at] = (broken[at] ?? 0) ^ 0x10;
      writeFileSync(file(), broken);
      expect(codeOf(() => openHeap(file())[Symbol.dispose]())).toBe("ERR_PLIMSOLL_SNAPSHOT_CORRUPT");
      writeFileSync(file(), whole.subarray(0, at));
      expect(codeOf(() => openHeap(file())[Symbol.dispose]())).toBe("ERR_PLIMSOLL_SNAPSHOT_CORRUPT");
    }
  });

  it("takes no text that is no snapshot", () => {
    using writer = new CompactWriter(file());
    expect(() => writer.write(Buffer.from('{"nodes":['))).toThrow(/names no fields/);
  });
});

describe.each(availableNodes())("captureCompactHeap on Node $version", ({ path }) => {
  it("answers as captureHeap does, and leaves nothing else on the disk", () => {
    const [compact, plain] = JSON.parse(runWell(path, [BOTH_FORMS, folder], { cwd: folder })) as Answer[];
    expect(compact?.suspects).toEqual(plain?.suspects);
    expect(compact?.suspects[0]).toMatchObject({ className: "Map", count: 30_000 });
    expect(compact?.heaviest).toEqual(plain?.heaviest);
    expect(readdirSync(folder).sort()).toEqual(["a.compact", "a.heapsnapshot"]);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, "a.heapsnapshot")).size / statSync(file()).size).toBeGreaterThan(7);
  });
});

interface Answer {
  readonly suspects: readonly object[];
  readonly heaviest: readonly string[];
}

it("captureCompactHeap refuses what was not allowed, and leaves nothing", async () => {
  const error: unknown = await captureCompactHeap({ file: file(), maxPauseMs: 1 }).catch((cause: unknown) => cause);
  expect(PlimsollError.is(error, "ERR_PLIMSOLL_CAPTURE_REFUSED")).toBe(true);
  expect(readdirSync(folder)).toEqual([]);
});

describe("plimsoll heap capture --compact", () => {
  const begin = async (megabytes: number, execPath: string): Promise<ChildProcess> => {
    const child = fork(HOLD, [String(megabytes), "30000"], {
      execPath,
      execArgv: [],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
      timeout: 60_000,
      killSignal: "SIGKILL",
    });
    children.push(child);
    await new Promise((resolve, reject) => child.once("message", resolve).once("error", reject));
    return child;
  };

  it.each(availableNodes())("packs what a program on Node $version hands over", async ({ path }) => {
    const child = await begin(1, path);
    const args = [MAIN, "heap", "capture", String(child.pid), "--compact", "-o", file()];
    const cli = spawn(process.execPath, args, { timeout: 60_000, killSignal: "SIGKILL", stdio: "ignore" });
    children.push(cli);
    expect(await new Promise((resolve) => cli.once("exit", resolve))).toBe(0);
    expect(readdirSync(folder)).toEqual(["a.compact"]);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(child.exitCode ?? child.signalCode).toBe(null);
    const answer = runWell(process.execPath, [MAIN, "heap", file(), "--json"], { cwd: folder });
    expect(JSON.parse(answer)).toMatchObject({ schema: "plimsoll.heap/1" });
    expect(answer).toContain("globalThis.held");
  });

  it("leaves the program running when it is killed in the midst of it", async () => {
    const child = await begin(1, process.execPath);
    const captures = join(folder, "captures");
    mkdirSync(captures);
    const packed = join(captures, "a.compact");
    const args = [MAIN, "heap", "capture", String(child.pid), "--compact", "-o", packed];
    // Killed while it makes its pipe, it leaves that: here, then.
    const env = { ...process.env, TMPDIR: folder };
    const options = { timeout: 60_000, killSignal: "SIGKILL", stdio: "ignore", env } as const;
    const cli = spawn(process.execPath, args, options);
    children.push(cli);
    for (let tries = 0; readdirSync(captures).length === 0 && tries < 3000; tries += 1) await sleep(10);
    cli.kill("SIGKILL");
    expect(readdirSync(captures)).toEqual(["a.compact.partial"]);
    // It answers again: its event loop runs.
    const again = spawn(process.execPath, args, options);
    children.push(again);
    expect(await new Promise((resolve) => again.once("exit", resolve))).toBe(0);
    expect(readdirSync(captures)).toEqual(["a.compact"]);
    expect(child.exitCode ?? child.signalCode).toBe(null);
  });
});
