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
  --keep-fn-names         functions and classes keep their names, for programs that read them
  --chunk-size N          characters that are gathered before they are written (default: 65536)
  --no-chunking           writes everything at once
  --no-gc                 does not collect garbage between the phases
  --no-verify             does not read the output again to compare
  --json                  one JSON object on stdout
  --verbose               phases with their time and memory
  -h, --help              this text
`;

const OPTIONS = {
  out: { type: "string", short: "o" },
  "max-memory": { type: "string" },
  "source-type": { type: "string" },
  "keep-fn-names": { type: "boolean" },
  "chunk-size": { type: "string" },
  "no-chunking": { type: "boolean" },
  "no-gc": { type: "boolean" },
  "no-verify": { type: "boolean" },
  json: { type: "boolean" },
  verbose: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const satisfies ParseArgsConfig["options"];

/** What the user asked for. */
export interface CommandOptions {
  readonly inputs: readonly string[];
  readonly out: string | undefined;
  readonly maxMemory: string | undefined;
  readonly sourceType: "script" | "module" | "commonjs" | undefined;
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
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    if (positionals.length === 0 && values.help !== true)
      throw new UnminifyError("BAD_USAGE", "Give the bundle to rename: unminify bundle.min.js -o bundle.js");
    return {
      inputs: positionals,
      out: values.out,
      maxMemory: values["max-memory"],
      sourceType: sourceTypeOf(values["source-type"]),
      keepFunctionNames: values["keep-fn-names"] ?? false,
      chunkCharacters: values["no-chunking"] === true ? Number.MAX_SAFE_INTEGER : countOf(values["chunk-size"]),
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

function countOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,9}$/.test(text)) return Number(text);
  throw new UnminifyError("BAD_USAGE", `--chunk-size is a number of characters from 1, not "${text}".`);
}
