/**
 * The command line: `unminify INPUT… [-o OUT]` and what may stand beside it.
 */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { UnminifyError } from "../unminify-error.ts";

/** What `--help` shows. */
export const HELP = `Readable names for minified JavaScript, checked and within the memory that you allow.

unminify INPUT.js… [-o OUT]

  -o, --out PATH          file, or folder for several inputs (default: INPUT.readable.js beside it)
  --max-memory SIZE       refuse before any work what would need more: 80mb, 1gb, auto (the container's)
  --source-type TYPE      script, module or commonjs (default: told from the text)
  --map FILE.map          the authors' own names, from a source map
  --names offline|llm     where other names come from: the source itself (default), or a language model
  --keep-fn-names         functions and classes keep their names, for programs that read them
  --disk-cache DIR        keeps what was found and answered there by content, for every later run
  --split                 writes a folder: a file for each module of a webpack or Browserify bundle, and an index
  --format                lines and indentation, by oxfmt where it is installed; it needs more memory than all else
  --report FILE.html      what was renamed, from which evidence, how sure; the parts by size; the memory by phase
  --chunk-size N          characters that are gathered before they are written (default: 65536,
                          fewer where --max-memory leaves little room)
  --no-chunking           writes everything at once
  --no-gc                 does not collect garbage between the phases
  --no-verify             does not read the output again to compare
  --json                  one JSON object on stdout
  --verbose               phases with their time and memory
  -h, --help              this text

A language model, behind any OpenAI-compatible endpoint:

  --base-url URL          such as http://localhost:11434/v1 (Ollama) or http://localhost:8080/v1 (llama.cpp)
  --model NAME            what the endpoint calls it
  --api-key-env VAR       environment variable that holds the key
  --concurrency N         calls at once (default: auto, as many as help and fit)
  --adaptive-batching [80%]  half as many names a call, and no further call, above this share of --max-memory
  --resume                goes on with the answers of a run that did not end
  --max-time TIME         asks no longer: 90s, 10m, 2h; the rest keeps its offline names
  --max-cost-tokens N     asks nothing when the estimate is above it
  --call-timeout TIME     gives a call up (default: 2m)
`;

const OPTIONS = {
  out: { type: "string", short: "o" },
  "max-memory": { type: "string" },
  "source-type": { type: "string" },
  map: { type: "string" },
  names: { type: "string" },
  "base-url": { type: "string" },
  model: { type: "string" },
  "api-key-env": { type: "string" },
  concurrency: { type: "string" },
  resume: { type: "boolean" },
  "disk-cache": { type: "string" },
  "max-time": { type: "string" },
  "max-cost-tokens": { type: "string" },
  "call-timeout": { type: "string" },
  "adaptive-batching": { type: "string" },
  "keep-fn-names": { type: "boolean" },
  split: { type: "boolean" },
  format: { type: "boolean" },
  report: { type: "string" },
  "chunk-size": { type: "string" },
  "no-chunking": { type: "boolean" },
  "no-gc": { type: "boolean" },
  "no-verify": { type: "boolean" },
  json: { type: "boolean" },
  verbose: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const satisfies ParseArgsConfig["options"];

/** Which model names, and how it is asked. */
export interface ModelChoice {
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey: string | undefined;
  /** Undefined for as many calls as help. */
  readonly concurrency: number | undefined;
  /** Share of the limit above which calls are fewer and smaller; undefined where they never are. */
  readonly adaptiveShare: number | undefined;
  readonly mayResume: boolean;
  readonly maxTimeMs: number | undefined;
  readonly maxTokens: number | undefined;
  readonly timeoutMs: number;
}

/** What the user asked for. */
export interface CommandOptions {
  readonly inputs: readonly string[];
  readonly out: string | undefined;
  readonly maxMemory: string | undefined;
  readonly sourceType: "script" | "module" | "commonjs" | undefined;
  readonly map: string | undefined;
  /** Undefined for names from the source alone. */
  readonly model: ModelChoice | undefined;
  readonly cacheFolder: string | undefined;
  readonly split: boolean;
  readonly format: boolean;
  /** Where the report is written. */
  readonly report: string | undefined;
  readonly keepFunctionNames: boolean;
  readonly chunkCharacters: number | undefined;
  readonly collect: boolean;
  readonly verify: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly help: boolean;
}

/** Reads the arguments. @throws UnminifyError `BAD_USAGE`. */
export function readOptions(args: readonly string[]): CommandOptions {
  try {
    const { values, positionals } = parseArgs({ args: withShare(args), options: OPTIONS, allowPositionals: true });
    if (positionals.length === 0 && values.help !== true)
      throw new UnminifyError("BAD_USAGE", "Give the bundle to rename: unminify bundle.min.js -o bundle.js");
    return {
      inputs: positionals,
      out: values.out,
      maxMemory: values["max-memory"],
      sourceType: sourceTypeOf(values["source-type"]),
      map: values.map,
      model: modelOf(values),
      cacheFolder: values["disk-cache"],
      split: values.split ?? false,
      format: values.format ?? false,
      report: values.report,
      keepFunctionNames: values["keep-fn-names"] ?? false,
      chunkCharacters:
        values["no-chunking"] === true ? Number.MAX_SAFE_INTEGER : countOf("--chunk-size", values["chunk-size"]),
      collect: values["no-gc"] !== true,
      verify: values["no-verify"] !== true,
      json: values.json ?? false,
      verbose: values.verbose ?? false,
      help: values.help ?? false,
    };
  } catch (error) {
    if (error instanceof UnminifyError) throw error;
    throw new UnminifyError(
      "BAD_USAGE",
      `${error instanceof Error ? error.message : String(error)} Try unminify --help.`,
    );
  }
}

function sourceTypeOf(text: string | undefined): CommandOptions["sourceType"] {
  if (text === undefined || text === "script" || text === "module" || text === "commonjs") return text;
  throw new UnminifyError("BAD_USAGE", `--source-type is script, module or commonjs, not "${text}".`);
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

const MODEL_OPTIONS = [
  "base-url",
  "model",
  "api-key-env",
  "concurrency",
  "resume",
  "max-time",
  "max-cost-tokens",
  "call-timeout",
  "adaptive-batching",
] as const;
const DEFAULT_TIMEOUT_MS = 120_000;
const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000 } as const;

function modelOf(values: Values): ModelChoice | undefined {
  const { names = "offline", model, "base-url": baseUrl, "api-key-env": keyVariable } = values;
  if (names !== "offline" && names !== "llm")
    throw new UnminifyError("BAD_USAGE", `--names is offline or llm, not "${names}".`);
  if (names === "offline") {
    const stray = MODEL_OPTIONS.find((name) => values[name] !== undefined);
    if (stray !== undefined) throw new UnminifyError("BAD_USAGE", `--${stray} is of use only with --names llm.`);
    return undefined;
  }
  if (model === undefined || baseUrl === undefined)
    throw new UnminifyError(
      "BAD_USAGE",
      "--names llm needs --base-url and --model: --base-url http://localhost:11434/v1 --model qwen2.5-coder",
    );
  const apiKey = keyVariable === undefined ? undefined : process.env[keyVariable];
  if (keyVariable !== undefined && (apiKey === undefined || apiKey === ""))
    throw new UnminifyError("BAD_USAGE", `--api-key-env: the environment has no ${keyVariable}.`);
  return {
    baseUrl,
    model,
    apiKey,
    concurrency: values.concurrency === "auto" ? undefined : countOf("--concurrency", values.concurrency),
    adaptiveShare: shareOf(values["adaptive-batching"]),
    mayResume: values.resume ?? false,
    maxTimeMs: millisecondsOf("--max-time", values["max-time"]),
    maxTokens: countOf("--max-cost-tokens", values["max-cost-tokens"]),
    timeoutMs: millisecondsOf("--call-timeout", values["call-timeout"]) ?? DEFAULT_TIMEOUT_MS,
  };
}

function millisecondsOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, count, unit = "s"] = /^(\d{1,6}(?:\.\d+)?)(s|m|h)?$/.exec(text) ?? [];
  const ms = Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
  if (ms > 0 && ms < 2 ** 31) return ms;
  throw new UnminifyError("BAD_USAGE", `${option} is a time such as 90s, 10m or 2h, not "${text}".`);
}

/** `--adaptive-batching` may stand without its share. */
function withShare(args: readonly string[]): string[] {
  return args.flatMap((argument, index) => {
    const before = index > 0 && args[index - 1] === "--adaptive-batching";
    if (before && IS_SHARE.test(argument)) return [];
    if (argument !== "--adaptive-batching") return [argument];
    const next = args[index + 1] ?? "";
    return [`--adaptive-batching=${IS_SHARE.test(next) ? next : DEFAULT_SHARE}`];
  });
}

const IS_SHARE = /^\d+(?:\.\d+)?%$/;
const DEFAULT_SHARE = "80%";

function shareOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const share = IS_SHARE.test(text) ? Number.parseFloat(text) / 100 : 0;
  if (share > 0 && share <= 1) return share;
  throw new UnminifyError("BAD_USAGE", `--adaptive-batching is a share such as 80%, not "${text}".`);
}

function countOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new UnminifyError("BAD_USAGE", `${option} is a number from 1, not "${text}".`);
}
