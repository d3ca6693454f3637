/** Arguments and data files: what they are read as, and what is said of a mistake. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { inArguments, readArguments } from "../../src/command/fit-arguments.ts";
import { readData } from "../../src/command/read-data.ts";
import { commandOf } from "../../src/command/shell-words.ts";
import { settle } from "../../src/fit.ts";
import { temporaryFolder } from "../support/run-command.ts";

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());
const write = (text: string): string => {
  const path = join(folder.path, "data.json");
  writeFileSync(path, text);
  return path;
};

describe("arguments", () => {
  it("are read", () => {
    expect(
      readArguments(["models/a.ts", "--data", "d.json", "--warmup", "10", "--target-accept=0.9", "--dense"]),
    ).toEqual({
      model: "models/a.ts",
      data: "d.json",
      directory: "a.fit",
      isJson: false,
      isQuiet: false,
      options: {
        warmUp: 10,
        targetAcceptance: 0.9,
        sampler: "nuts",
        backend: "compiled",
        metric: "dense",
        directory: "a.fit",
        resume: false,
        overwrite: false,
      },
    });
  });

  it.each([
    [["a.ts", "--frobnicate"], /unknown option '--frobnicate'/],
    [["a.ts", "--seed", "x"], /--seed must be a number, but is "x"/],
    [["a.ts", "--seed", ""], /--seed must be a number, but is ""/],
    [["a.ts", "--sampler", "gibbs"], /--sampler must be nuts or hmc, but is "gibbs"/],
    [["a.ts", "--backend", "gpu"], /--backend must be compiled or jax, but is "gpu"/],
    [["a.ts", "b.ts"], /one model file is fitted at a time/],
    [[], /no model file was given/],
  ])("%j are refused", (args, message) => {
    expect(() => readArguments(args)).toThrow(expect.objectContaining({ code: "ERR_BAYES_OPTION" }));
    expect(() => readArguments(args)).toThrow(message);
  });

  it.each([
    [["--warmup", "-1"], "--warmup must be a whole number from 0 to 1000000000, but is -1"],
    [["--chains", "0"], "--chains must be a whole number from 1 to 1000, but is 0"],
    [["--draws", "1.5"], "--draws must be a whole number from 1 to 1000000000, but is 1.5"],
    [["--max-depth", "21"], "--max-depth must be a whole number from 1 to 20, but is 21"],
    [["--target-accept", "1"], "--target-accept must be a number above 0 and below 1, but is 1"],
    [["--path-length", "0"], "--path-length must be a number above 0 and below Infinity, but is 0"],
  ])("%j are beyond limits", (args, message) => {
    let words = "";
    try {
      settle(readArguments(["a.ts", ...args]).options);
    } catch (error) {
      words = inArguments(error instanceof Error ? error.message : "");
    }
    expect(words).toBe(message);
  });

  it("are repeated so that a shell reads them again", () => {
    expect(commandOf(["fit", "it's a model.ts", "--seed", "1"], "--resume")).toBe(
      String.raw`npx bayes fit 'it'\''s a model.ts' --seed 1 --resume`,
    );
    expect(commandOf(["fit", "a.ts", "--overwrite"], "--resume")).toBe("npx bayes fit a.ts --resume");
  });
});

describe("data", () => {
  it("are read as Python writes them, with numbers that JSON does not know", async () => {
    const text = `\uFEFF{ "note": "a NaN, \\"-Infinity\\"", "y": [1, NaN, -Infinity, Infinity] }`;
    expect(await readData(write(text))).toEqual({
      note: 'a NaN, "-Infinity"',
      y: [1, Number.NaN, -Infinity, Infinity],
    });
  });

  it.each([
    ["y = 1", /data\.json is not JSON: Unexpected token/],
    [`{ "y": [1`, /data\.json is not JSON: (?:it ends too early|Expected .* in line 1, column 10)$/],
    [" \n", /data\.json is not JSON: it is empty/],
    [`{\n "y": [1, 2],\n "x": [1 2]\n}`, /data\.json is not JSON: Expected .* in line 3, column 10$/],
  ])("%j are refused", async (text, message) => {
    await expect(readData(write(text))).rejects.toThrow(message);
  });

  it("are missed", async () => {
    await expect(readData(join(folder.path, "none.json"))).rejects.toThrow(/none\.json: there is no such file$/);
  });
});
