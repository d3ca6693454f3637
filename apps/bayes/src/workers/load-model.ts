/**
 * Loads a model from a file, TypeScript or JavaScript, whose default export it is. What is wrong with the file is one error
 * that says where.
 */
import { stat } from "node:fs/promises";
import { register as registerHooks } from "node:module";
import { basename, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { register as registerTypeScript } from "tsx/esm/api";
import { BayesError } from "../errors.ts";
import type { BoundModel, Model } from "../model/model.ts";

/** The path of a file that is given by path or URL. */
export function pathOf(file: string | URL): string {
  return typeof file === "string" ? resolve(file) : fileURLToPath(file);
}

let isRegistered = false;

function registerOnce(): void {
  if (isRegistered) return;
  isRegistered = true;
  registerTypeScript();
  registerHooks(new URL("./model-hooks.js", import.meta.url), { data: new URL("../index.js", import.meta.url).href });
}

/**
 * Loads a model.
 *
 * @param file - a path, or a `file:` URL.
 * @throws BayesError `ERR_BAYES_MODEL` where there is no such file, it cannot run, or its default export is no model.
 */
export async function loadModel(file: string | URL): Promise<Model> {
  const path = pathOf(file);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new BayesError("ERR_BAYES_MODEL", `there is no model file ${path}`);
  registerOnce();
  let exports: { readonly default?: unknown };
  try {
    exports = (await import(pathToFileURL(path).href)) as typeof exports;
  } catch (error) {
    throw explain(path, "cannot be loaded", error);
  }
  const { default: model } = exports;
  if (isModel(model)) return model;
  const what =
    model === undefined ? "has no default export" : `has a default export that is no model, but ${kindOf(model)}`;
  throw new BayesError("ERR_BAYES_MODEL", `${basename(path)} ${what}; end it with: export default model({ … })`);
}

/**
 * Binds a model of a file to data.
 *
 * @throws BayesError as `bind` does; `ERR_BAYES_MODEL` with the place for whatever else the model throws.
 */
export function bindModel(model: Model, file: string | URL, data: unknown): BoundModel {
  try {
    return model.bind(data);
  } catch (error) {
    throw explain(pathOf(file), "fails", error);
  }
}

function isModel(value: unknown): value is Model {
  return typeof value === "object" && value !== null && "bind" in value && typeof value.bind === "function";
}

const kindOf = (value: unknown): string => (value === null ? "null" : `a value of type ${typeof value}`);

/** The first line that says something, and the place in the model's file. */
function explain(path: string, what: string, error: unknown): BayesError {
  if (BayesError.is(error)) return error;
  const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  // esbuild's words: `/home/…/model.ts:3:7: ERROR: Expected ";" but found "x"`.
  const syntax = /:(\d+:\d+): ERROR: (.*)/.exec(message);
  const place = syntax?.[1] ?? stack.split(`${path}:`)[1]?.split(/[^\d:]/)[0];
  const words = syntax?.[2] ?? (message.split("\n")[0] || "for no stated reason");
  const at = place ? `:${place.replace(/:$/, "")}` : "";
  return new BayesError("ERR_BAYES_MODEL", `${basename(path)}${at} ${what}: ${words}`, { path }, error);
}
