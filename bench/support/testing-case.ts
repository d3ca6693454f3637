/**
 * One process of the soak: measures the functions it is told to, in that order, and prints a line of JSON for each.
 * `clean:<name>`, `leaky:<name>` or `bytes:<bytes a call>`.
 */
import { measureLeaks } from "../../src/testing/index.ts";
import { CLEAN_FUNCTIONS } from "../../test/testing/clean-functions.ts";
import { LEAKY_FUNCTIONS, leakBytes } from "../../test/testing/leaky-functions.ts";

/** What was found of one function. */
export interface SoakLine {
  readonly task: string;
  /** What grew, as `JavaScript heap`, by how much a call. */
  readonly found: Readonly<Record<string, number>>;
  /** What had to be found. Default: nothing. */
  readonly expected?: string;
  readonly calls: number;
  readonly durationMs: number;
  /** Why there is no measurement: the process ended. Default: there is one. */
  readonly error?: string;
}

async function measure(task: string): Promise<SoakLine> {
  const name = task.slice(task.indexOf(":") + 1);
  const makeClean = task.startsWith("clean:") ? CLEAN_FUNCTIONS[name] : undefined;
  if (makeClean) {
    await using made = await makeClean();
    return await report(task, made.call);
  }
  const makeLeaky = task.startsWith("bytes:") ? () => leakBytes(Number(name)) : LEAKY_FUNCTIONS[name];
  if (!makeLeaky) throw new Error(`no function for ${task}`);
  using made = makeLeaky();
  return { ...(await report(task, made.call)), expected: made.what };
}

async function report(task: string, call: () => unknown): Promise<SoakLine> {
  const { leaks, calls, durationMs } = await measureLeaks(call, { holders: false });
  return { task, found: Object.fromEntries(leaks.map(({ what, perCall }) => [what, perCall])), calls, durationMs };
}

for (const task of process.argv.slice(2)) console.log(JSON.stringify(await measure(task)));
process.exit(0);
