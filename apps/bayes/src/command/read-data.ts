/**
 * Reads data from a JSON file. `NaN` and `Infinity`, which Python writes and JSON does not know, are read: the model then
 * says in which entry they are.
 */
import { readFile } from "node:fs/promises";
import { BayesError } from "../errors.ts";

/** Stands for a number that JSON has no word for. */
const MARK = "\u0001number:";
/** The same within JSON. */
const WRITTEN_MARK = JSON.stringify(MARK).slice(1, -1);

/**
 * Reads a data file.
 *
 * @throws BayesError `ERR_BAYES_DATA` where there is none or it is not JSON, with line and column.
 */
export async function readData(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const why = isMissing ? "there is no such file" : error instanceof Error ? error.message : String(error);
    throw new BayesError("ERR_BAYES_DATA", `the data cannot be read from ${path}: ${why}`, { path }, error);
  }
  const plain = text.replace(/^\uFEFF/, "");
  try {
    return JSON.parse(plain);
  } catch (error) {
    const marked = plain.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (found) =>
      found.startsWith('"') ? found : `"${WRITTEN_MARK}${found}"`,
    );
    try {
      return JSON.parse(marked, (_key, value: unknown) =>
        typeof value === "string" && value.startsWith(MARK) ? Number(value.slice(MARK.length)) : value,
      );
    } catch {
      throw new BayesError("ERR_BAYES_DATA", `${path} is not JSON: ${explain(plain, error)}`, { path }, error);
    }
  }
}

/** Node's words, on one line, with line and column in place of a position. */
function explain(text: string, error: unknown): string {
  if (text.trim() === "") return "it is empty";
  const message = error instanceof Error ? error.message : String(error);
  if (message.startsWith("Unexpected end")) return "it ends too early";
  const words = message
    .replace(/ in JSON at position.*/s, "")
    .replace(" is not valid JSON", "")
    .replaceAll(/\s+/g, " ");
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position === undefined) return words;
  const before = text.slice(0, Number(position)).split("\n");
  return `${words} in line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}
