/**
 * Text in columns for a terminal: words are wrapped, a figure stays with its unit, wide characters
 * count as two columns, and neither a path nor a command between backquotes is ever broken (it would
 * no longer be a link, or could no longer be copied).
 */

/** A space that never becomes a line end. */
const GLUE = "\u00a0";

// East Asian wide and fullwidth ranges and pictographs (Unicode UAX 11, the common blocks).
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u;

/** Columns that text without escapes takes in a terminal. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += WIDE.test(character) && !/[✗✓▲]/u.test(character) ? 2 : 1;
  return width;
}

/** Ties every figure to its unit with a no-break space. */
export function glueUnits(text: string): string {
  return text.replace(/(\d) ((?:B|KB|MB|GB|TB)\b(?:\/[a-z]+)?|s\b|ms\b|min\b|h\b|days\b)/g, `$1${GLUE}$2`);
}

/**
 * Wraps text at spaces.
 *
 * @param text - one paragraph.
 * @param columns - width of a line; a longer word stands alone on its line, unbroken.
 * @returns at least one line.
 */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  const tied = glueUnits(text).replace(/`[^`]{1,60}`/g, (command) => command.replaceAll(" ", GLUE));
  for (const word of tied.split(/ +/)) {
    if (line !== "" && displayWidth(line) + 1 + displayWidth(word) > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines.map((full) => full.replaceAll(GLUE, " "));
}

/** Fills up with spaces to a width, on the right, or on the left for figures. */
export function pad(text: string, width: number, side: "left" | "right" = "right"): string {
  const fill = " ".repeat(Math.max(0, width - displayWidth(text)));
  return side === "right" ? text + fill : fill + text;
}
