/**
 * Finds the fenced code blocks of a Markdown text. A block may be excused from running by
 * `<!-- not run: reason -->` on the line above; the reason is not optional.
 */

/** One fenced block. */
export interface CodeBlock {
  /** The word after the fence; empty when there is none. */
  readonly language: string;
  readonly code: string;
  /** Line of the opening fence, from 1. */
  readonly line: number;
  /** Why it is not run; `undefined` when it is. */
  readonly notRun?: string;
}

const EXCUSE = /^<!--\s*not run:?\s*(.*?)\s*-->\s*$/;

/**
 * Reads the blocks of a text.
 *
 * @throws Error on a fence that never closes and on an excuse without a reason.
 */
export function codeBlocks(markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  const lines = markdown.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const open = /^(\s*)(`{3,})(\w*)/.exec(lines[at] ?? "");
    if (!open) continue;
    const [, indent = "", fence = "", language = ""] = open;
    const end = lines.findIndex((line, index) => index > at && line.trim() === fence);
    if (end < 0) throw new Error(`line ${at + 1}: the code block never ends`);
    const code = lines.slice(at + 1, end).map((line) => line.replace(indent, ""));
    const excuse = EXCUSE.exec(lines[at - 1] ?? "");
    if (excuse?.[1] === "") throw new Error(`line ${at}: "not run" needs a reason`);
    blocks.push({ language, code: `${code.join("\n")}\n`, line: at + 1, ...(excuse && { notRun: excuse[1] }) });
    at = end;
  }
  return blocks;
}
