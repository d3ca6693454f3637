/** The private directory: short, closed to others where it must be, gone at the end or kept for heirs. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { makeRunDirectory } from "../../../src/monitor/remote/run-directory.ts";

const base = realpathSync(mkdtempSync(join(tmpdir(), "base-")));
afterAll(() => rmSync(base, { recursive: true, force: true }));

it("lets only this user at the socket, and everyone load the preload", () => {
  const run = makeRunDirectory([base]);
  expect(statSync(join(run.socketPath, "..")).mode & 0o777).toBe(0o700);
  expect(statSync(join(run.preloadFile, "../..")).mode & 0o777).toBe(0o711);
  expect(statSync(run.preloadFile).mode & 0o777).toBe(0o644);
  run.remove({ keepPreload: true });
  expect(existsSync(run.preloadFile)).toBe(true);
  expect(existsSync(join(run.socketPath, ".."))).toBe(false);
  run.remove({ keepPreload: false });
  expect(readdirSync(base)).toEqual([]);
});

it("takes the next base when the first is too long for a socket or not there", () => {
  const long = join(base, "x".repeat(120));
  mkdirSync(long);
  const run = makeRunDirectory([join(base, "missing"), long, base]);
  expect(run.socketPath.startsWith(join(base, "plimsoll-"))).toBe(true);
  expect(readdirSync(long)).toEqual([]);
  run.remove({ keepPreload: false });
});

it("says what to do when no base will do", () => {
  expect(() => makeRunDirectory([join(base, "missing")])).toThrow(
    expect.objectContaining({ code: "ERR_PLIMSOLL_UNWRITABLE", message: expect.stringContaining("TMPDIR") }),
  );
});
