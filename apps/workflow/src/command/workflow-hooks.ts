/**
 * Module hooks for files of workflows, beside those of tsx. `@plimsoll/workflow` is always this very copy, wherever the file lies and
 * whether or not it is installed there; TypeScript files are modules, with or without a package.json.
 */
import type { InitializeHook, ResolveHook } from "node:module";

let ownUrl = "";

/** @param data - URL of the entry of `@plimsoll/workflow`. */
export const initialize: InitializeHook<string> = (data) => {
  ownUrl = data;
};

/** See above. */
export const resolve: ResolveHook = async (specifier, context, next) => {
  if (specifier === "@plimsoll/workflow") return { url: ownUrl, format: "module", shortCircuit: true };
  const found = await next(specifier, context);
  const isOwnTypeScript = /^file:.*\.ts(?:\?|$)/.test(found.url) && !found.url.includes("/node_modules/");
  return isOwnTypeScript ? { ...found, format: "module" } : found;
};
