/** `plimsoll heap`: answers from snapshots of a real program that leaks into a Map. */
import { copyFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { makeFolder, plimsoll, start } from "./plimsoll.ts";

const PROGRAM = `
const { writeHeapSnapshot } = require("node:v8");
class Session { constructor(user) { this.user = user; this.visited = [user, "secret-token-" + user]; } }
const sessions = new Map();
function login(user) { sessions.set(user, new Session("user " + user)); }
let user = 0;
for (const file of process.argv.slice(2)) {
  for (let i = 0; i < 3000; i++) login(user++);
  writeHeapSnapshot(file);
}`;
const folder = makeFolder();
const [first, second, third] = ["a", "b", "c"].map((name) => join(folder, `${name}.heapsnapshot`)) as [
  string,
  string,
  string,
];

beforeAll(async () => {
  const program = join(folder, "server.cjs");
  writeFileSync(program, PROGRAM);
  const { code, stderr } = await start([process.execPath, program, first, second, third], { cwd: folder });
  if (code !== 0) throw new Error(stderr);
});

describe("plimsoll heap", () => {
  it("says who keeps most, in the words of the source, in a few lines", async () => {
    const { code, stdout, stderr } = await plimsoll(["heap", first]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(stderr).toContain("Map sessions");
    expect(stderr.length).toBeLessThan(4000);
    expect(stderr).not.toContain("secret-token");
  });

  it("gives the same as JSON on stdout", async () => {
    const { stdout, stderr } = await plimsoll(["heap", first, "--json"]);
    expect(stderr).toBe("");
    const found = JSON.parse(stdout) as {
      suspects: { holder: string; holderId: number }[];
      classes: { className: string; count: number }[];
    };
    expect(found).toMatchObject({ schema: "plimsoll.heap/1", file: first });
    expect(found.suspects.some(({ holder }) => holder.includes("sessions"))).toBe(true);
    expect(stdout).not.toContain("secret-token");
  });

  it("calls what grew twice a leak, and names its holder first", async () => {
    const { stdout } = await plimsoll(["heap", "diff", first, second, third, "--json"]);
    const { suspects, classes } = JSON.parse(stdout) as {
      suspects: { holder: string; isLeak: boolean }[];
      classes: { className: string; counts: number[] }[];
    };
    expect(suspects[0]?.holder).toContain("sessions");
    expect(suspects[0]?.isLeak).toBe(true);
    expect(classes.find(({ className }) => className === "Session")?.counts).toEqual([3000, 6000, 9000]);
    const words = await plimsoll(["heap", "diff", first, second, third]);
    expect(words.stderr).toMatch(/LEAK \+.*Map sessions/);
  });

  it("calls nothing a leak from two snapshots, and asks for a third", async () => {
    const { stderr } = await plimsoll(["heap", "diff", first, second]);
    expect(stderr).toContain("nothing is called a leak");
    expect(stderr).toContain("a third snapshot tells growth from warm-up");
  });

  it("shows one object with its neighbours, and no text of strings", async () => {
    const { stdout } = await plimsoll(["heap", first, "--json"]);
    const { suspects } = JSON.parse(stdout) as { suspects: { holder: string; holderId?: number }[] };
    const id = suspects.find(({ holder, holderId }) => holder.includes("sessions") && holderId !== undefined)?.holderId;
    const node = await plimsoll(["heap", "node", first, `@${id}`]);
    expect(node.code).toBe(0);
    expect(node.stderr).toContain(`@${id}`);
    expect(node.stderr).toContain("sessions");
    const deep = await plimsoll(["heap", "node", first, `@${id}`, "--json"]);
    expect(JSON.parse(deep.stdout)).toMatchObject({ schema: "plimsoll.heap-node/1", id });
    expect(deep.stdout + node.stderr).not.toContain("secret-token");
  });
});

describe("bad input of plimsoll heap", () => {
  const mistakes: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["nothing at all", ["heap"], /heap takes a snapshot file/],
    ["a missing file", ["heap", join(folder, "none.heapsnapshot")], /There is no file/],
    ["two files", ["heap", first, second], /heap diff compares/],
    ["one file to compare", ["heap", "diff", first], /two or three snapshots/],
    ["four files to compare", ["heap", "diff", first, second, third, first], /two or three snapshots/],
    ["a word for an id", ["heap", "node", first, "banana"], /object's id/],
    ["an id of no object", ["heap", "node", first, "@2"], /has no object @2/],
    ["a size that is none", ["heap", first, "--max-memory", "banana"], /banana/],
    ["too little memory", ["heap", first, "--max-memory", "1mb"], /more than the 1(\.0*)? ?M/],
    ["a folder", ["heap", folder], /./],
  ];
  it.each(mistakes)("names %s in at most six lines", async (_, args, words) => {
    const { code, stdout, stderr } = await plimsoll(args);
    expect(stderr).toMatch(words);
    expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(6);
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
  });

  it("names a cut, an empty and a strange file with the place where it broke", async () => {
    const cut = join(folder, "cut.heapsnapshot");
    copyFileSync(first, cut);
    truncateSync(cut, 300_000);
    const broken = await plimsoll(["heap", cut]);
    expect(broken.stderr).toMatch(
      /cannot be read as a heap snapshot at byte \d+ of 300000: it ends within its nodes, after \d+ of \d+/,
    );
    expect(broken.code).toBe(64);
    truncateSync(cut, 0);
    expect((await plimsoll(["heap", cut])).stderr).toContain("the file is empty: its capture failed");
    writeFileSync(cut, "hello");
    expect((await plimsoll(["heap", cut])).stderr).toContain("does not begin like a V8 heap snapshot");
  });
});
