// What the writers of docs/benchmarks.md share: the form of a result file (schema `plimsoll.bench/1`), whether a goal is
// met, and tables in Markdown.

/** One line of a result file. */
export interface BenchRow {
  readonly name: string;
  readonly value: number | string;
  readonly unit?: string;
  readonly goal?: string;
  readonly runs?: readonly unknown[];
  readonly peers?: Readonly<Record<string, number | string>>;
  readonly byNode?: Readonly<Record<string, number | string>>;
}

/** A result file, schema `plimsoll.bench/1`. */
export interface BenchResult {
  readonly schema: string;
  readonly command: string;
  readonly commit: string;
  readonly node: string;
  readonly machine: string | Readonly<Record<string, string | number>>;
  readonly rows: readonly BenchRow[];
}

/**
 * Compares a value with a goal: a number with `>= 15` and the like, a word with `healthy | plateau`.
 * `undefined` when there is no goal.
 */
export function meetsGoal(value: number | string, goal: string | undefined): boolean | undefined {
  if (goal === undefined) return undefined;
  if (typeof value === "string") return goal.split("|").some((word) => `${value} `.startsWith(`${word.trim()} `));
  const match = /^\s*(<=|>=|<|>|=|==)?\s*(-?[\d.]+(?:e-?\d+)?)/.exec(goal);
  if (!match) return undefined;
  const bound = Number(match[2]);
  switch (match[1]) {
    case "<=":
      return value <= bound;
    case ">=":
      return value >= bound;
    case "<":
      return value < bound;
    case ">":
      return value > bound;
    default:
      return value === bound;
  }
}

/** A number with at most four significant digits; integers whole. */
export function writeNumber(value: number | string): string {
  if (typeof value !== "number") return value;
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** A table; columns of which every cell is empty are left out. */
export function writeTable(heads: readonly string[], body: readonly (readonly string[])[]): string {
  const isUsed = heads.map((_head, column) => body.some((cells) => cells[column] !== ""));
  const write = (cells: readonly string[]): string =>
    `| ${cells
      .filter((_cell, column) => isUsed[column])
      .map((cell) => cell.replaceAll("|", "\\|"))
      .join(" | ")} |`;
  return `${[write(heads), write(heads.map(() => "---")), ...body.map(write)].join("\n")}\n`;
}
