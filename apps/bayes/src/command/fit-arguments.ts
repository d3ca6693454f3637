/**
 * The arguments of `bayes fit`. A mistake is one sentence that names the option and what it takes.
 */
import { basename, extname } from "node:path";
import { parseArgs } from "node:util";
import { BayesError } from "../errors.ts";
import type { WorkerFitOptions } from "../workers/fit-in-workers.ts";

/** Of `bayes fit --help`. */
export const HELP = `bayes fit MODEL.ts --data DATA.json [options]

Draws from the posterior of a model, which the file exports as its default, and
sums the draws up.

  --data FILE         JSON, an entry for each that the model names
  --chains N          chains (4)
  --warmup N          draws of each chain that adapt (1000)
  --draws N           draws of each chain that are kept (1000)
  --seed N            the same seed gives the same draws (1)
  --sampler NAME      nuts, or hmc: paths of a given length (nuts)
  --path-length X     of hmc, in standard deviations (1.57)
  --target-accept X   acceptance that steps are made for, 0..1 (0.8)
  --max-depth N       doublings of a path at most (10)
  --dense             a dense mass matrix, for strongly correlated parameters
  --backend NAME      compiled, or jax: jax-js, in single precision (compiled)
  --workers N         threads (a chain each, no more than processors)
  --out DIR           chains, report.html and inference-data.json (MODEL.fit)
  --resume            go on with the fit in --out; begin where there is none
  --overwrite         begin anew where --out holds a fit that is not finished
  --json              figures on stdout as JSON
  --quiet             no progress

Ctrl-C saves all chains and reports on the draws so far; --resume then goes on
to the very draws that would have come.
Exits with 64 for wrong usage, 65 for a model or data that do not fit, 70 for a
failure of its own.
`;

/** What was asked for. */
export interface FitArguments {
  /** Path of the model. */
  readonly model: string;
  /** Path of the data; `undefined`: none. */
  readonly data: string | undefined;
  /** Where everything is written. */
  readonly directory: string;
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly options: WorkerFitOptions;
}

const TEXT = { type: "string" } as const;
const FLAG = { type: "boolean" } as const;
const OPTIONS = {
  data: TEXT,
  chains: TEXT,
  warmup: TEXT,
  draws: TEXT,
  seed: TEXT,
  sampler: TEXT,
  "path-length": TEXT,
  "target-accept": TEXT,
  "max-depth": TEXT,
  dense: FLAG,
  backend: TEXT,
  workers: TEXT,
  out: TEXT,
  resume: FLAG,
  overwrite: FLAG,
  json: FLAG,
  quiet: FLAG,
} as const;

/** Options that are numbers, and how the library calls them. */
const NUMBERS = {
  chains: "chains",
  warmup: "warmUp",
  draws: "draws",
  seed: "seed",
  "path-length": "pathLength",
  "target-accept": "targetAcceptance",
  "max-depth": "maxDepth",
  workers: "workers",
} as const;

const refuse = (message: string): BayesError => new BayesError("ERR_BAYES_OPTION", message);

/**
 * Reads arguments.
 *
 * @throws BayesError `ERR_BAYES_OPTION`.
 */
export function readArguments(args: readonly string[]): FitArguments {
  const { values, positionals } = parse(args);
  const [model, ...others] = positionals;
  if (model === undefined) throw refuse("no model file was given");
  if (others.length > 0)
    throw refuse(`one model file is fitted at a time, but ${positionals.join(" and ")} were given`);
  const numbers: Record<string, number> = {};
  for (const [name, key] of Object.entries(NUMBERS)) {
    const text = values[name as keyof typeof NUMBERS];
    if (text === undefined) continue;
    if (text.trim() === "" || Number.isNaN(Number(text))) throw refuse(`--${name} must be a number, but is "${text}"`);
    numbers[key] = Number(text);
  }
  const directory = values.out ?? `${basename(model, extname(model))}.fit`;
  return {
    model,
    data: values.data,
    directory,
    isJson: values.json ?? false,
    isQuiet: values.quiet ?? false,
    options: {
      ...numbers,
      sampler: oneOf("sampler", values.sampler, ["nuts", "hmc"]),
      backend: oneOf("backend", values.backend, ["compiled", "jax"]),
      metric: values.dense ? "dense" : "diagonal",
      directory,
      resume: values.resume ?? false,
      overwrite: values.overwrite ?? false,
    },
  };
}

/** An option of the library by its name on the command line. */
export function inArguments(message: string): string {
  const found = Object.entries(NUMBERS).find(([, key]) => message.startsWith(`${key} must be`));
  return found ? message.replace(found[1], `--${found[0]}`) : message;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: joinNegative(args), options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw refuse((message.split(/\.\s|\n/)[0] ?? message).replace(/^(\w)/, (first) => first.toLowerCase()));
  }
}

/** `--warmup -1` is one option with a value that it does not take, not two options. */
function joinNegative(args: readonly string[]): string[] {
  const joined: string[] = [];
  for (const each of args) {
    const last = joined.at(-1);
    if (/^-[\d.]/.test(each) && last?.startsWith("--")) joined.splice(-1, 1, `${last}=${each}`);
    else joined.push(each);
  }
  return joined;
}

function oneOf<const T extends string>(name: string, value: string | undefined, allowed: readonly [T, ...T[]]): T {
  const [usual] = allowed;
  const found = allowed.find((each) => each === (value ?? usual));
  if (found === undefined) throw refuse(`--${name} must be ${allowed.join(" or ")}, but is "${value}"`);
  return found;
}
