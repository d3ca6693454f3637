/** The reader of code blocks that the tests of documents stand on. */
import { describe, expect, it } from "vitest";
import { codeBlocks } from "./support/code-blocks.ts";

describe("the reader of code blocks", () => {
  it("finds language, code, line and excuse", () => {
    const text = "a\n```ts\nlet a;\n```\n<!-- not run: needs a network -->\n```sh\ncurl\n```\n";
    expect(codeBlocks(text)).toEqual([
      { language: "ts", code: "let a;\n", line: 2 },
      { language: "sh", code: "curl\n", line: 6, notRun: "needs a network" },
    ]);
  });

  it.each(["<!-- not run: -->\n```sh\ncurl\n```\n", "<!-- not run -->\n```sh\ncurl\n```\n", "```ts\nlet a;\n"])(
    "refuses %j",
    (text) => expect(() => codeBlocks(text)).toThrow(/line \d/),
  );
});
