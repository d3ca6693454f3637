/** The one error class: a stable code, figures for machines, and the cause where there is one. */
import { describe, expect, it } from "vitest";
import { PlimsollError } from "../../src/base/errors.ts";

describe("PlimsollError", () => {
  const cause = new TypeError("inner");
  const error = new PlimsollError("ERR_PLIMSOLL_USAGE", "what and why", { details: { limitBytes: 5 }, cause });

  it("carries code, details and cause", () => {
    expect(error).toMatchObject({
      name: "PlimsollError",
      code: "ERR_PLIMSOLL_USAGE",
      details: { limitBytes: 5 },
      cause,
    });
    expect(error).toBeInstanceOf(Error);
  });

  it("has no cause of its own making", () => {
    const bare = new PlimsollError("ERR_PLIMSOLL_USAGE", "what");
    expect("cause" in bare).toBe(false);
    expect(bare.details).toEqual({});
  });

  it("is told apart by code", () => {
    expect(PlimsollError.is(error)).toBe(true);
    expect(PlimsollError.is(error, "ERR_PLIMSOLL_USAGE")).toBe(true);
    expect(PlimsollError.is(error, "ERR_PLIMSOLL_BAD_SIZE")).toBe(false);
    expect(PlimsollError.is(cause)).toBe(false);
    expect(PlimsollError.is(undefined)).toBe(false);
  });
});
