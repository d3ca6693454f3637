/**
 * The ledger as its users see it: what is alive, and from where. The doors through which scopes tell it
 * are not theirs.
 */
import { book } from "./ledger.ts";
import type { Ledger } from "./ledger-report.ts";

/** The ledger of this thread. */
export const ledger: Ledger = book;
