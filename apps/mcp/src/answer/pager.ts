/**
 * Cuts answers to a size and keeps the rest for who asks for more. What is kept is bounded in bytes and in time: an agent that
 * never asks again costs nothing.
 */
import { BoundedMap } from "plimsoll/budget";
import { PlimsollError } from "plimsoll/monitor";
import type { Answer, AnswerPage, Fact } from "./answer.ts";
import { cleanText } from "./clean-text.ts";

/** Default of {@link PagerOptions.maxBytes}. */
const PAGE_BYTES = 2048;
const KEPT = "2mb";
const KEPT_MS = 15 * 60_000;
/** Most bytes of each part, so that head and tail of an answer always fit beside one fact: 2,015 in all. */
const SUMMARY = 420;
const SAYS = 360;
const HOW = 260;
const RECHECK = 200;
const NEXT = 190;
const NEXT_COUNT = 3;
/** Facts that one answer may have in all. */
const MOST_FACTS = 400;

/** How large a page is. */
export interface PagerOptions {
  /** Of the answer as JSON, in bytes. Default: 2,048. */
  readonly maxBytes?: number;
}

/** Keeps the rests of answers. */
export class Pager {
  readonly #maxBytes: number;
  readonly #rests = new BoundedMap<string, Answer>({ memory: KEPT, ttlMs: KEPT_MS, name: "answers" });
  #lastCursor = 0;

  constructor({ maxBytes = PAGE_BYTES }: PagerOptions = {}) {
    this.#maxBytes = maxBytes;
  }

  /** The first page of an answer. */
  open(answer: Answer): AnswerPage {
    return this.#cut({
      summary: cleanText(answer.summary, SUMMARY),
      facts: answer.facts.slice(0, MOST_FACTS).map(cleanFact),
      how: cleanText(answer.how, HOW),
      recheck: cleanText(answer.recheck, RECHECK),
      next: answer.next.slice(0, NEXT_COUNT).map((step) => cleanText(step, NEXT)),
    });
  }

  /**
   * The page behind a cursor; the same cursor gives the same page again.
   *
   * @throws PlimsollError `ERR_PLIMSOLL_USAGE` when it is not known any more.
   */
  more(cursor: string): AnswerPage {
    const rest = this.#rests.get(cursor);
    if (rest) return this.#cut(rest);
    throw new PlimsollError(
      "ERR_PLIMSOLL_USAGE",
      `There is no page ${cleanText(cursor, 20)}: pages are kept for 15 minutes.`,
      {
        details: { next: "Call the tool that gave the cursor again." },
      },
    );
  }

  #cut(all: Answer): AnswerPage {
    const { facts, summary, ...answer } = all;
    if (sizeOf(all) <= this.#maxBytes) return all;
    // As wide as a cursor and a count get.
    let bytes = sizeOf({ ...all, facts: [], cursor: "p000000", left: MOST_FACTS });
    let fits = 0;
    for (const fact of facts) {
      bytes += sizeOf(fact) + 1;
      if (bytes > this.#maxBytes) break;
      fits += 1;
    }
    // A single fact always goes: its parts are bounded.
    const shown = facts.slice(0, Math.max(1, fits));
    const rest = facts.slice(shown.length);
    if (rest.length === 0) return all;
    this.#lastCursor += 1;
    const cursor = `p${this.#lastCursor}`;
    this.#rests.set(cursor, { summary: "(continued)", facts: rest, ...answer, next: [] });
    return { summary, facts: shown, ...answer, cursor, left: rest.length };
  }
}

function cleanFact({ id, says, value, unit }: Fact): Fact {
  return {
    id: cleanText(id, 40),
    says: cleanText(says, SAYS),
    ...(value === undefined || !Number.isFinite(value) ? {} : { value }),
    ...(unit === undefined ? {} : { unit }),
  };
}

function sizeOf(value: object): number {
  return Buffer.byteLength(JSON.stringify(value));
}
