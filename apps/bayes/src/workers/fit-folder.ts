/**
 * The folder of a fit: what is fitted, in `fit.json`, and two files a chain. A fit is gone on with only where model, data
 * and settings are those that it began with: then it ends with the draws it would have had.
 */
import { createHash, randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compileDensity } from "../compiled/compile.ts";
import { BayesError } from "../errors.ts";
import type { FitOptions } from "../fit.ts";
import type { BoundModel } from "../model/model.ts";
import { ChainFile } from "./chain-file.ts";

/** What draws depend on. */
interface Identity {
  /** Hash of the density at two places, and of what is reported. */
  readonly model: string;
  /** Hash. */
  readonly data: string;
  readonly settings: Required<FitOptions>;
}

interface FitFile extends Identity {
  readonly schema: "bayes.fit/1";
  readonly id: string;
  readonly name: string;
}

/** How a folder is opened. */
export interface FolderUse {
  /** Go on with the fit that it holds; begin where it holds none. Default: false. */
  readonly resume?: boolean;
  /** Begin anew even where it holds a fit that is not finished. Default: false. */
  readonly overwrite?: boolean;
}

const hashOf = (value: unknown): string => createHash("sha256").update(JSON.stringify(value)).digest("hex");

/** What identifies a fit. */
export function identify(bound: BoundModel, settings: Required<FitOptions>): Identity {
  const density = compileDensity(bound.logDensity, bound.dimension);
  const values = [0.1, -0.3].map((scale) =>
    String(density.value(Float64Array.from({ length: bound.dimension }, (_, i) => scale * (1 + (i % 7) / 7)))),
  );
  const reported = bound.reported.map(({ name, shape }) => [name, shape]);
  return { model: hashOf([values, bound.dimension, reported]), data: hashOf(bound.data), settings };
}

/**
 * Opens the folder of a fit, which is made where there is none.
 *
 * @returns the id of the fit.
 * @throws BayesError `ERR_BAYES_CHECKPOINT` where it holds something else, or a fit that is not finished.
 */
export function openFolder(
  directory: string,
  name: string,
  identity: Identity,
  { resume, overwrite }: FolderUse,
): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, "fit.json");
  const before = read(path);
  if (before && resume) {
    const differing = compare(before, identity);
    if (differing.length === 0) return before.id;
    throw new BayesError(
      "ERR_BAYES_CHECKPOINT",
      `${directory} holds a fit that differs: ${differing.join("; ")}; ask for what it was begun with, or take another folder`,
      { directory },
    );
  }
  if (before && !overwrite) refuseUnfinished(directory, before);
  const { chains } = before?.settings ?? identity.settings;
  for (let index = 0; index < chains; index += 1) new ChainFile(directory, index, "").remove();
  const file: FitFile = { schema: "bayes.fit/1", id: randomUUID(), name, ...identity };
  writeFileSync(`${path}.part`, `${JSON.stringify(file, undefined, 2)}\n`, { mode: 0o600 });
  renameSync(`${path}.part`, path);
  return file.id;
}

function read(path: string): FitFile | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const file = JSON.parse(text) as Partial<FitFile>;
    if (file.schema === "bayes.fit/1" && file.settings) return file as FitFile;
  } catch {
    // The same as a file of something else.
  }
  throw new BayesError("ERR_BAYES_CHECKPOINT", `${path} is not of a fit; take another folder`, { path });
}

function compare(before: Identity, now: Identity): string[] {
  const differing: string[] = [];
  if (before.model !== now.model && before.data === now.data) differing.push("the model has changed");
  if (before.data !== now.data) differing.push("the data have changed");
  for (const [key, value] of Object.entries(now.settings)) {
    const was = Object.entries(before.settings).find(([each]) => each === key)?.[1];
    if (was !== value) differing.push(`${key} was ${was}, now it is ${value}`);
  }
  return differing;
}

function refuseUnfinished(directory: string, { id, settings: { chains, draws } }: FitFile): void {
  const saved = Array.from({ length: chains }, (_, index) => new ChainFile(directory, index, id).savedDraws);
  if (saved.every((each) => each >= draws)) return;
  throw new BayesError(
    "ERR_BAYES_CHECKPOINT",
    `${directory} holds a fit that is not finished: ${saved.join(", ")} of ${draws} draws a chain`,
    { directory, isUnfinished: true },
  );
}
