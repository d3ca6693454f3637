/**
 * The executable, which `bin/workflow.js` loads: finds the command, and turns an error into a few lines and an exit code.
 */
import { toMermaid } from "../graph/mermaid.ts";
import { WorkflowError, type WorkflowErrorCode } from "../workflow-error.ts";
import { loadWorkflow } from "./load-workflow.ts";
import { HELP, readOptions } from "./options.ts";
import { runCommand } from "./run-command.ts";

/** As sysexits.h has them: 64 usage, 65 what was given, 69 a service, 70 our own failure, 73 a place that cannot be written. */
const EXIT_CODES: Readonly<Record<WorkflowErrorCode, number>> = {
  ERR_WORKFLOW_FILE: 65,
  ERR_WORKFLOW_GRAPH: 65,
  ERR_WORKFLOW_MODEL: 69,
  ERR_WORKFLOW_NODE: 65,
  ERR_WORKFLOW_OPTION: 64,
  ERR_WORKFLOW_REFUSED: 69,
  ERR_WORKFLOW_RESUME: 64,
  ERR_WORKFLOW_SCHEMA: 65,
  ERR_WORKFLOW_STOPPED: 130,
  ERR_WORKFLOW_STORAGE: 73,
};

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options.command === "run") return runCommand(options);
  const text = options.command === "help" ? HELP : `${toMermaid((await loadWorkflow(options.file)).workflow)}\n`;
  process.stdout.write(text);
  return 0;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const isOurs = WorkflowError.is(error);
  const words = isOurs ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  const isUsage = WorkflowError.is(error, "ERR_WORKFLOW_OPTION");
  process.stderr.write(
    `workflow: ${words}\n${isUsage ? "  try: npx workflow run FILE.ts, or npx workflow --help\n" : ""}`,
  );
  process.exitCode = isOurs ? EXIT_CODES[error.code] : 70;
}
