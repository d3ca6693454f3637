/** A disk that is really full, a small tmpfs: what was safe stays, and the history goes on once there is room. Needs root, to mount it. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { fileHistory, HistoryStore, patch } from "../../src/history/index.ts";
import { refusal } from "./refusal.ts";

interface State {
  readonly n: number;
  readonly text: string;
}

const DISK_BYTES = 2 ** 20;
const full = { code: "ERR_PLIMSOLL_UNWRITABLE" };
let disk: string;

beforeEach(() => {
  disk = mkdtempSync(join(tmpdir(), "plimsoll-full-disk-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", disk]);
});

afterEach(() => {
  execFileSync("umount", [disk]);
  rmSync(disk, { recursive: true });
});

function open(): Promise<HistoryStore<State>> {
  return HistoryStore.open<State>({ driver: fileHistory(join(disk, "history")), segmentBytes: 64 * 1024 });
}

function textOf(n: number): string {
  return `${n} `.repeat(100);
}

it("says that the disk is full, loses no safe step, and goes on when there is room again", async () => {
  const ballast = join(disk, "ballast");
  writeFileSync(ballast, Buffer.alloc(DISK_BYTES / 2));
  const store = await open();
  store.save({ n: 1, text: textOf(1) });
  let safe = 0;
  const failure = await refusal(async () => {
    for (let n = 2; n < 20_000; n++) {
      const step = store.save(patch().set("n", n).set("text", textOf(n)));
      if (n % 10 !== 0) continue;
      await store.flush();
      safe = step;
    }
  });
  expect(failure).toMatchObject(full);
  expect(String(failure)).toContain("ENOSPC");
  expect(safe).toBeGreaterThan(100);
  expect(await store.load(safe)).toEqual({ n: safe, text: textOf(safe) });
  await refusal(() => store.close());
  rmSync(ballast);

  const again = await open();
  expect(again.lastStep).toBeGreaterThanOrEqual(safe);
  expect(again.damages).toEqual([]);
  for (let step = 1; step <= again.lastStep; step += 7) {
    expect(await again.load(step)).toEqual({ n: step, text: textOf(step) });
  }
  const next = again.save(patch().set("n", -1));
  await again.flush();
  expect(await again.load(next)).toMatchObject({ n: -1 });
  await again.close();
});

it("leaves the history as it was when a compaction finds no room", async () => {
  const store = await open();
  for (let n = 1; n <= 1000; n++) store.save({ n, text: textOf(n) });
  await store.flush();
  const ballast = join(disk, "ballast");
  const failure = await refusal(() => {
    for (let bytes = DISK_BYTES; bytes > 4096; bytes /= 2) {
      try {
        writeFileSync(ballast, Buffer.alloc(bytes), { flag: "a" });
      } catch {
        // The rest is filled with less.
      }
    }
    return store.thin(({ step }) => step % 10 !== 0);
  });
  expect(failure).toMatchObject(full);
  rmSync(ballast);
  for (let step = 1; step <= 1000; step += 7) expect(await store.load(step)).toEqual({ n: step, text: textOf(step) });
  expect(await store.thin({ last: 10 })).toMatchObject({ evictedSteps: 990, keptSteps: 10 });
  await store.close();
});
