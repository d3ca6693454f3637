/**
 * The one form of every answer: a sentence, facts with a name each, how they were measured, and how to check them again. A claim
 * that cannot be checked again is not made: readers of such answers are programs that believe what they read.
 */
/** One thing that was measured. */
export interface Fact {
  /** Names the fact: the same in every answer of the same kind. */
  readonly id: string;
  /** In words, with its figure. */
  readonly says: string;
  /** The figure itself. Default: the fact is no figure. */
  readonly value?: number;
  /** Of the figure: `bytes`, `bytes/s`, `s`, `ratio`, `objects`. */
  readonly unit?: string;
}

/** What a tool answers. */
export interface Answer {
  /** The answer in one or two sentences. */
  readonly summary: string;
  /** Most telling first: the answer is cut behind what fits. */
  readonly facts: readonly Fact[];
  /** How the facts were measured, and what that cannot see. */
  readonly how: string;
  /** The call or command that tests them again. */
  readonly recheck: string;
  /** What to do next, most useful first. */
  readonly next: readonly string[];
}

/** An answer as it is sent: at most so large as was allowed. */
export interface AnswerPage extends Answer {
  /** For `more`: there are further facts. */
  readonly cursor?: string;
  /** How many further facts. */
  readonly left?: number;
}

const TEXTS = { type: "array", items: { type: "string" } };

/** {@link AnswerPage} as every tool declares it: short, because a client reads it once for each tool. */
export const OUTPUT: { readonly type: "object"; readonly [key: string]: unknown } = {
  type: "object",
  properties: {
    summary: { type: "string" },
    facts: { type: "array", items: { type: "object", required: ["id", "says"] } },
    how: { type: "string" },
    recheck: { type: "string" },
    next: TEXTS,
    cursor: { type: "string" },
  },
  required: ["summary", "facts", "how", "recheck", "next"],
};
