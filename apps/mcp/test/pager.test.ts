/** Answers are cut to their size, and nothing of them is lost. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Answer, AnswerPage, Fact } from "../src/answer/answer.ts";
import { Pager } from "../src/answer/pager.ts";

const words = fc.string({ maxLength: 600, unit: "grapheme" });
const fact: fc.Arbitrary<Fact> = fc.record({
  id: fc.stringMatching(/^[a-z]{1,8}\.\d{1,3}$/),
  says: words,
  value: fc.integer(),
});
const answer: fc.Arbitrary<Answer> = fc.record({
  summary: words,
  facts: fc.array(fact, { maxLength: 60 }),
  how: words,
  recheck: words,
  next: fc.array(words, { maxLength: 5 }),
});

function readAll(pager: Pager, first: AnswerPage): AnswerPage[] {
  const pages = [first];
  for (let { cursor } = first; cursor !== undefined && pages.length < 500;) {
    const page = pager.more(cursor);
    pages.push(page);
    cursor = page.cursor;
  }
  return pages;
}

describe("paging", () => {
  it("gives every fact once, in order, whatever the sizes", () => {
    fc.assert(
      fc.property(answer, (whole) => {
        const pager = new Pager();
        const pages = readAll(pager, pager.open(whole));
        expect(pages.flatMap(({ facts }) => facts.map(({ id }) => id))).toEqual(whole.facts.map(({ id }) => id));
        for (const page of pages) expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(2048);
      }),
    );
  });

  it("stays below 2,048 bytes with the words that tools use", () => {
    const pager = new Pager();
    const facts = Array.from({ length: 90 }, (_, nth) => ({
      id: `site.${nth}`,
      says: "s".repeat(nth * 4),
      value: nth * 1e9,
      unit: "bytes",
    }));
    const pages = readAll(
      pager,
      pager.open({
        summary: "x".repeat(900),
        facts,
        how: "h".repeat(900),
        recheck: "r".repeat(900),
        next: ["n".repeat(900)],
      }),
    );
    for (const page of pages) expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThanOrEqual(2048);
    expect(pages.flatMap((page) => page.facts)).toHaveLength(90);
  });

  it("gives the same page for the same cursor, and says so when it is gone", () => {
    const pager = new Pager();
    const facts = Array.from({ length: 50 }, (_, nth) => ({ id: `f.${nth}`, says: "word ".repeat(20) }));
    const { cursor = "" } = pager.open({ summary: "s", facts, how: "h", recheck: "r", next: [] });
    expect(pager.more(cursor).facts).toEqual(pager.more(cursor).facts);
    expect(() => pager.more("p999")).toThrow(/15 minutes/);
  });
});
