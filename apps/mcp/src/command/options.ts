/** The command's arguments. What is secret comes by the environment: arguments can be read by every user of the machine. */
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { parseBytes, PlimsollError } from "plimsoll/monitor";
import { type Grant, GRANTS } from "../server/tool.ts";

/** What was asked for. */
export interface CommandOptions {
  /** Absent: stdio. */
  readonly port?: number;
  readonly dir: string;
  readonly grants: ReadonlySet<Grant>;
  readonly analysisBytes?: number;
  readonly answerBytes?: number;
}

/** Shown by `--help`. */
export const HELP = `plimsoll-mcp [options]      finds out why a Node.js process grows, for a coding agent

  --http PORT               serve HTTP on 127.0.0.1 instead of stdio; 0 takes any free port
  --allow GRANTS            act (force_gc, trim, drain, restart), strings (texts of heaps),
                            start (start_process through HTTP); comma-separated
  --dir DIR                 for history, snapshots and audit.ndjson (default: ~/.local/state/plimsoll-mcp)
  --analysis-memory SIZE    for opened snapshots, in a process of their own (default: 1gb)
  --answer-bytes N          of an answer (default: 2048)
  --help, --version

  PLIMSOLL_MCP_TOKEN        every HTTP request carries it (default: a new one, written to DIR/token)
  PLIMSOLL_MCP_POSTGRES     postgres://… for the history (default: SQLite in DIR)
`;

const LEAST_ANSWER = 1024;
const MOST_ANSWER = 65_536;

/**
 * Reads the arguments.
 *
 * @throws PlimsollError `ERR_PLIMSOLL_USAGE`
 */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv): CommandOptions {
  const values = read(args);
  const { http, allow = "", dir, "analysis-memory": memory, "answer-bytes": answer } = values;
  const port = http === undefined ? undefined : readNumber("--http", http, 0, 65_535);
  const answerBytes =
    answer === undefined ? undefined : readNumber("--answer-bytes", answer, LEAST_ANSWER, MOST_ANSWER);
  return {
    ...(port === undefined ? {} : { port }),
    dir: resolve(dir ?? join(env["XDG_STATE_HOME"] ?? join(homedir(), ".local", "state"), "plimsoll-mcp")),
    grants: new Set(allow === "" ? [] : allow.split(",").map(readGrant)),
    ...(memory === undefined ? {} : { analysisBytes: parseBytes(memory) }),
    ...(answerBytes === undefined ? {} : { answerBytes }),
  };
}

type Values = Readonly<Partial<Record<"http" | "allow" | "dir" | "analysis-memory" | "answer-bytes", string>>>;

function read(args: readonly string[]): Values {
  const option = { type: "string" } as const;
  try {
    const options = { http: option, allow: option, dir: option, "analysis-memory": option, "answer-bytes": option };
    return parseArgs({ args: [...args], options, strict: true }).values;
  } catch (error) {
    throw usage(error instanceof Error ? (error.message.split(/[.\n]/)[0] ?? "") : "Wrong arguments");
  }
}

function readNumber(name: string, word: string, least: number, most: number): number {
  const number = Number(word);
  if (/^\d+$/.test(word) && number >= least && number <= most) return number;
  throw usage(`${name} takes a number from ${least} to ${most}`);
}

function readGrant(word: string): Grant {
  const grant = GRANTS.find((one) => one === word);
  if (grant) return grant;
  throw usage(`--allow knows ${GRANTS.join(", ")}, not "${word.slice(0, 20)}"`);
}

function usage(what: string): PlimsollError {
  return new PlimsollError("ERR_PLIMSOLL_USAGE", `${what}.`, { details: { example: "plimsoll-mcp --help" } });
}
