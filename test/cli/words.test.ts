/** What was typed, and what a command is called. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nearest } from "../../src/cli/arguments.ts";
import { nameCommand } from "../../src/cli/command-name.ts";

describe("nearest", () => {
  it.each([
    ["rnu", "run"],
    ["limit", "limits"],
    ["exp", "explain"],
    ["explian", "explain"],
    ["r", undefined],
    ["wholly-else", undefined],
    ["", undefined],
  ])("%j means %s", (word, meant) => {
    expect(nearest(word, ["run", "explain", "limits"])).toBe(meant);
  });

  it("finds every word with one letter changed or left out", () => {
    const words = ["run", "explain", "limits", "report-dir", "fail-on"];
    fc.assert(
      fc.property(fc.constantFrom(...words), fc.nat(), fc.constantFrom("x", ""), (word, place, put) => {
        const at = place % word.length;
        expect(nearest(word.slice(0, at) + put + word.slice(at + 1), words)).toBe(word);
      }),
    );
  });
});

describe("nameCommand", () => {
  it.each([
    ["node server.js --token=hush", "node server.js"],
    ["/usr/bin/node --max-old-space-size=100 -r ./hook.cjs src/main.ts a b", "node main.ts"],
    ["node --import=x server.mjs", "node server.mjs"],
    ["node -e process.env.SECRET", "node [eval]"],
    ["node", "node"],
    ["node -", "node [stdin]"],
    ["tsx watch.ts", "tsx watch.ts"],
    ["npm run dev -- --password=hush", "npm run dev"],
    ["npm --token=hush run dev", "npm"],
    ["npx vite build", "npx vite"],
    ["pnpm test", "pnpm test"],
    ["./start.sh hush", "start.sh"],
    ["vite build", "vite"],
  ])("%j is %j", (command, name) => {
    expect(nameCommand(command.split(" "))).toBe(name);
  });
});
