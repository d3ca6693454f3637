/** The folder of a fit: what it is gone on with, and what it refuses. */
import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compiledEngine, drawsShape, settle } from "../../src/fit.ts";
import { ChainDraws } from "../../src/sampler/chain-draws.ts";
import { ChainRun } from "../../src/sampler/chain-run.ts";
import { ChainFile } from "../../src/workers/chain-file.ts";
import { identify, openFolder } from "../../src/workers/fit-folder.ts";
import { eightSchools } from "../models/eight-schools.ts";
import { temporaryFolder } from "../support/run-command.ts";

const DATA = { y: [28, 8, -3], sigma: [15, 10, 16] };
const bound = eightSchools.bind(DATA);
const settings = settle({ chains: 2, draws: 50, warmUp: 20, seed: 5 });
const identity = identify(bound, settings);
const shape = drawsShape(bound, settings.draws);
const emptyDraws = (): ChainDraws => new ChainDraws(shape, new ArrayBuffer(ChainDraws.bytesOf(shape)));

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

const open = (use: object = {}, of = identity): string => openFolder(folder.path, "eight schools", of, use);

/** Runs a chain to its end and saves it. */
function saveChain(index: number, fit: string): ChainDraws {
  const draws = emptyDraws();
  const run = new ChainRun(bound, compiledEngine(bound), { index, draws, settings });
  run.advance(Infinity);
  new ChainFile(folder.path, index, fit).save(draws, run.checkpoint());
  return draws;
}

describe("a chain on disk", () => {
  it("is read as it was saved", () => {
    const draws = saveChain(0, "one");
    const read = emptyDraws();
    expect(new ChainFile(folder.path, 0, "one").load(read)?.draw).toBe(70);
    expect(read).toEqual(draws);
  });

  it("is not there for another fit", () => {
    saveChain(0, "one");
    expect(new ChainFile(folder.path, 0, "two").load(emptyDraws())).toBeUndefined();
    expect(new ChainFile(folder.path, 1, "one").load(emptyDraws())).toBeUndefined();
  });

  it("is refused where its state or its draws are damaged", () => {
    saveChain(0, "one");
    const load = (): unknown => new ChainFile(folder.path, 0, "one").load(emptyDraws());
    const state = join(folder.path, "chain-1.state");
    const bytes = readFileSync(state);
    writeFileSync(
      state,
      Uint8Array.from(bytes, (byte, i) => (i === 100 ? byte ^ 1 : byte)),
    );
    expect(load).toThrow(/chain-1\.state is damaged: its content is not what was written/);
    writeFileSync(state, bytes);
    truncateSync(join(folder.path, "chain-1.draws"), 1000);
    expect(load).toThrow(/chain-1\.draws is damaged: it is shorter than its state says/);
  });
});

describe("the folder of a fit", () => {
  it("is gone on with, or begun", () => {
    const id = open({ resume: true });
    expect(open({ resume: true })).toBe(id);
  });

  it("is not overwritten unasked before every chain has all draws", () => {
    const id = open();
    saveChain(0, id);
    expect(open).toThrow(/holds a fit that is not finished: 50, 0 of 50 draws a chain/);
    saveChain(1, id);
    expect(open()).not.toBe(id);
    expect(open).toThrow(/0, 0 of 50/);
    expect(open({ overwrite: true })).not.toBe(id);
  });

  it.each([
    [
      "the settings",
      identify(bound, { ...settings, seed: 6, maxDepth: 11 }),
      /seed was 5, now it is 6; maxDepth was 10/,
    ],
    ["the data", identify(eightSchools.bind({ ...DATA, y: [1, 2, 3] }), settings), /: the data have changed;/],
    ["the model", { ...identity, model: "another" }, /: the model has changed;/],
  ])("is refused where %s differ", (_what, other, message) => {
    open();
    expect(() => open({ resume: true }, other)).toThrow(message);
  });

  it("is refused where it holds a file of something else", () => {
    writeFileSync(join(folder.path, "fit.json"), "{}");
    expect(open).toThrow(/fit\.json is not of a fit; take another folder/);
  });
});
