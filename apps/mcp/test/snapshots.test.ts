/** Snapshot files by handle: what is kept, what is removed, what is never touched. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { Snapshots } from "../src/heap/snapshots.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "plimsoll-snapshots-"));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

it("removes what it has written when it ends, and no file of somebody else's", () => {
  const theirs = join(dir, "theirs.heapsnapshot");
  writeFileSync(theirs, "{}");
  const snapshots = new Snapshots(dir);
  const own = snapshots.newFile(7);
  writeFileSync(own, "{}");
  expect([snapshots.add(own, 7).id, snapshots.open(theirs).id]).toEqual(["s1", "s2"]);
  snapshots[Symbol.dispose]();
  expect([existsSync(own), existsSync(theirs)]).toEqual([false, true]);
  expect(() => snapshots.get("s1")).toThrow(/There is no snapshot "s1"/);
});

it("removes what a killed server has left, and nothing of one that lives", () => {
  const { pid } = spawnSync("true");
  const names = [`heap-${pid}-7-1.heapsnapshot`, `heap-${process.pid}-7-1.heapsnapshot`, "heap-notes.heapsnapshot"];
  for (const name of names) writeFileSync(join(dir, name), "{}");
  new Snapshots(dir)[Symbol.dispose]();
  expect(readdirSync(dir).toSorted()).toEqual(names.slice(1).toSorted());
});

it.each(["/etc/passwd", "/dev/zero.heapsnapshot", "/proc/self/mem", ""])("does not open %j", (file) => {
  expect(() => new Snapshots(dir).open(file)).toThrow(/no snapshot file of this user/);
});
