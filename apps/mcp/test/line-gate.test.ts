/** Whole lines pass, in whatever pieces they come; what is too long does not, and is said. */
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import fc from "fast-check";
import { expect, it } from "vitest";
import { LineGate } from "../src/transport/line-gate.ts";

async function pass(pieces: readonly Buffer[]): Promise<{ passed: string; answered: string }> {
  const [source, answers] = [new PassThrough(), new PassThrough()];
  const gate = new LineGate(source, answers);
  const passed = text(gate);
  const answered = text(answers);
  for (const piece of pieces) source.write(piece);
  source.end();
  const whole = await passed;
  answers.end();
  return { passed: whole, answered: await answered };
}

it("passes the same lines however they were cut", async () => {
  const line = fc.string({ minLength: 1, maxLength: 60 }).map((words) => `${words.replaceAll("\n", " ")}x`);
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 20 }),
      fc.array(fc.nat(400), { maxLength: 30 }),
      async (lines, cuts) => {
        const all = Buffer.from(lines.map((each) => `${each}\n`).join(""));
        const places = [0, ...cuts.filter((cut) => cut < all.length).toSorted((a, b) => a - b), all.length];
        const pieces = places.slice(1).map((end, nth) => all.subarray(places[nth], end));
        expect((await pass(pieces.filter(({ length }) => length > 0))).passed).toBe(all.toString());
      },
    ),
    { numRuns: 50 },
  );
});

it("drops a line that is too long, says so, and passes the next", async () => {
  const pieces = [...Array.from({ length: 40 }, () => Buffer.alloc(10_000, "x")), Buffer.from("\nnext\n")];
  const { passed, answered } = await pass(pieces);
  expect(passed).toBe("next\n");
  expect(JSON.parse(answered)).toMatchObject({ id: null, error: { code: -32_600 } });
});

it("passes nothing on while answers are not read", async () => {
  const [source, answers] = [new PassThrough(), new PassThrough({ highWaterMark: 10 })];
  const gate = new LineGate(source, answers);
  gate.resume();
  answers.write("more than ten bytes");
  let passed = 0;
  gate.on("data", () => (passed += 1));
  for (let nth = 0; nth < 10; nth += 1) source.write("line\n");
  await expect.poll(() => passed, { timeout: 20_000 }).toBe(1);
  answers.resume();
  await expect.poll(() => passed, { timeout: 20_000 }).toBe(10);
  source.end();
});
