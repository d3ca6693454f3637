/**
 * What a command is called in reports: base names of program and script, never an argument's value,
 * since those hold tokens and connection strings.
 */
import { basename } from "node:path";

const INTERPRETERS = new Set(["node", "nodejs", "tsx", "ts-node", "bun", "deno"]);
const PACKAGE_MANAGERS = new Set(["npm", "npx", "pnpm", "yarn", "corepack"]);
/** Node's options whose value is an argument of its own. */
const TAKES_VALUE = new Set([
  "-r",
  "--require",
  "--import",
  "--loader",
  "--experimental-loader",
  "-C",
  "--conditions",
  "--env-file",
]);
const EVALUATES = new Set(["-e", "--eval", "-p", "--print", "-pe"]);
/** A word that names something: a script of package.json or a package. */
const PLAIN_WORD = /^[@a-z][\w:.@/-]{0,40}$/i;

/**
 * Names a command.
 *
 * @param command - program and arguments.
 * @returns such as `node server.js`, `npm run dev`, `node [eval]`.
 */
export function nameCommand(command: readonly string[]): string {
  const [program = "", ...args] = command;
  const name = basename(program);
  if (INTERPRETERS.has(name)) return join(name, scriptOf(args));
  if (PACKAGE_MANAGERS.has(name)) {
    const words = args.filter(
      (arg, index) => PLAIN_WORD.test(arg) && args.slice(0, index).every((word) => PLAIN_WORD.test(word)),
    );
    return join(name, words.slice(0, words[0] === "run" || words[0] === "exec" ? 2 : 1).join(" "));
  }
  return name;
}

function join(name: string, rest: string | undefined): string {
  return rest ? `${name} ${rest}` : name;
}

function scriptOf(args: readonly string[]): string | undefined {
  for (let index = 0; index < args.length; index++) {
    const arg = args[index] ?? "";
    if (EVALUATES.has(arg) || arg === "-") return arg === "-" ? "[stdin]" : "[eval]";
    if (TAKES_VALUE.has(arg)) index++;
    else if (!arg.startsWith("-")) return basename(arg);
  }
  return undefined;
}
