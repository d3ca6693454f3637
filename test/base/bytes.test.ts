/** Sizes as people type them and as they are shown; properties hold for every size. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatBytes, parseBytes } from "../../src/base/bytes.ts";
import { PlimsollError } from "../../src/base/errors.ts";

describe("parseBytes", () => {
  it.each([
    [1, 1],
    [1.9, 1],
    ["1", 1],
    ["512mb", 512 * 2 ** 20],
    ["512 MiB", 512 * 2 ** 20],
    ["512M", 512 * 2 ** 20],
    ["1.5GiB", 1.5 * 2 ** 30],
    [" 2 tb ", 2 * 2 ** 40],
    ["10k", 10 * 2 ** 10],
    ["7b", 7],
  ])("reads %j as %d bytes", (input, bytes) => {
    expect(parseBytes(input)).toBe(bytes);
  });

  it("takes per cent of a whole", () => {
    expect(parseBytes("80%", 1000)).toBe(800);
    expect(parseBytes("100%", 1000)).toBe(1000);
  });

  it.each(["", "banana", "mb", "-5mb", "1,5gb", "1e3", "5 %mb", "0", "0.4b", "9999999tb", "80%", "NaN", "12xb"])(
    "refuses %j",
    (input) => {
      expect(() => parseBytes(input)).toThrow(expect.objectContaining({ code: "ERR_PLIMSOLL_BAD_SIZE" }));
    },
  );

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses the number %d", (input) => {
    expect(() => parseBytes(input)).toThrow(PlimsollError);
  });

  it("refuses more than the whole", () => {
    expect(() => parseBytes("101%", 1000)).toThrow(/at most 100%/);
  });

  it("gives whole bytes or a PlimsollError for any text", () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.double().map(String)),
        fc.option(fc.nat(), { nil: undefined }),
        (text, whole) => {
          try {
            const bytes = parseBytes(text, whole);
            expect(Number.isSafeInteger(bytes) && bytes >= 1).toBe(true);
          } catch (error) {
            expect(PlimsollError.is(error, "ERR_PLIMSOLL_BAD_SIZE")).toBe(true);
          }
        },
      ),
    );
  });
});

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [1, "1 B"],
    [999, "999 B"],
    [1000, "0.98 KB"],
    [1024, "1 KB"],
    [3789, "3.7 KB"],
    [-3789, "-3.7 KB"],
    [391 * 2 ** 20, "391 MB"],
    [1.95 * 2 ** 30, "1.95 GB"],
    [100 * 2 ** 20, "100 MB"],
    [undefined, "?"],
    [Number.NaN, "?"],
  ])("writes %s as %s", (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it("is read back to within half a per cent", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 43 }), (bytes) => {
        expect(Math.abs(parseBytes(formatBytes(bytes)) / bytes - 1)).toBeLessThanOrEqual(0.0051);
      }),
    );
  });

  it("never takes more than eight characters", () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 50) + 2 ** 40, max: 2 ** 50 - 2 ** 40 }), (bytes) => {
        expect(formatBytes(bytes).length).toBeLessThanOrEqual(8);
      }),
    );
  });
});
