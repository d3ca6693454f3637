/**
 * The tables of symbols and keywords. They hold them weakly, so that names which nothing uses any more cost nothing.
 */
import { InternTable } from "plimsoll/history/browser";
import { Keyword, Sym } from "./values.ts";

const symbols = new InternTable((name) => new Sym(name));
const keywords = new InternTable((name) => new Keyword(name));

/** The symbol of this name. */
export function symbol(name: string): Sym {
  return symbols.intern(name);
}

/** The keyword of this name, which is given without its colon. */
export function keyword(name: string): Keyword {
  return keywords.intern(name);
}
