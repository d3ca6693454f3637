/**
 * Loads a workflow from a file, TypeScript or JavaScript, whose default export it is. Beside it the file may export `llm` and `input`.
 * What is wrong with the file is one error that says where.
 */
import { stat } from "node:fs/promises";
import { register as registerHooks } from "node:module";
import { basename, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { register as registerTypeScript } from "tsx/esm/api";
import type { ExecutorOptions } from "../execute/executor.ts";
import type { Graph } from "../graph/node.ts";
import { WorkflowError } from "../workflow-error.ts";

/** What a file brings. */
export interface LoadedWorkflow {
  readonly workflow: Graph;
  /** Whom agents ask that have no model of their own. */
  readonly llm: ExecutorOptions["llm"] | undefined;
  /** What it runs on where the command says nothing else. */
  readonly input: unknown;
}

let isRegistered = false;

/** @throws WorkflowError `ERR_WORKFLOW_FILE`, or `ERR_WORKFLOW_GRAPH` when the workflow cannot run. */
export async function loadWorkflow(file: string): Promise<LoadedWorkflow> {
  const path = resolve(file);
  if (!(await stat(path).catch(() => undefined))?.isFile())
    throw new WorkflowError("ERR_WORKFLOW_FILE", `There is no file ${file}.`);
  if (!isRegistered) {
    isRegistered = true;
    registerTypeScript();
    registerHooks(new URL("./workflow-hooks.js", import.meta.url), {
      data: new URL("../index.js", import.meta.url).href,
    });
  }
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = (await import(pathToFileURL(path).href)) as typeof exports;
  } catch (error) {
    throw explain(path, error);
  }
  const { default: workflow, llm, input } = exports;
  if (!isGraph(workflow)) {
    const what = workflow === undefined ? "has no default export" : "has a default export that is no workflow";
    throw new WorkflowError("ERR_WORKFLOW_FILE", `${basename(path)} ${what}. End it with: export default workflow.`);
  }
  workflow.validate();
  return { workflow, llm: llm as LoadedWorkflow["llm"], input };
}

function isGraph(value: unknown): value is Graph {
  return (
    typeof value === "object" && value !== null && "nodes" in value && value.nodes instanceof Map && "validate" in value
  );
}

/** The first line that says something, and the place in the file. */
function explain(path: string, error: unknown): WorkflowError {
  if (WorkflowError.is(error)) return error;
  const { message, stack = "" } = error instanceof Error ? error : new Error(String(error));
  // esbuild's words: `/home/…/flow.ts:3:7: ERROR: Expected ";" but found "x"`.
  const syntax = /:(\d+:\d+): ERROR: (.*)/.exec(message);
  const place = syntax?.[1] ?? stack.split(`${path}:`)[1]?.split(/[^\d:]/)[0];
  const words = syntax?.[2] ?? (message.split("\n")[0] || "for no stated reason");
  const at = place ? `:${place.replace(/:$/, "")}` : "";
  return new WorkflowError("ERR_WORKFLOW_FILE", `${basename(path)}${at} cannot be loaded: ${words}`, { path }, error);
}
