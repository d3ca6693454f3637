/**
 * Words that no binding may be given, in any kind of code (ECMA-262, 12.7.2), and those that would
 * change the meaning of code around them.
 */

/** Names that are never given. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set(
  (
    "await break case catch class const continue debugger default delete do else enum export extends false finally for " +
    "function if import in instanceof new null return super switch this throw true try typeof var void while with yield " +
    "let static implements interface package private protected public async of get set eval arguments undefined NaN Infinity"
  ).split(" "),
);
