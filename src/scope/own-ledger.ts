/**
 * The ledger as its users see it: what is alive, and from where. The doors through which scopes tell it
 * are not theirs.
 */
import { book, type Ledger } from "./ledger.ts";

/** The ledger of this thread. */
export const ledger: Ledger = book;
