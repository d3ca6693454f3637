/**
 * A value without an adapter that one scope released cannot be the result of another.
 */
import { expect, test } from "vitest";
import { scope } from "../../src/scope/index.ts";

const handle = () => ({ close() {} });

test("returning a plain disposable that was released is an error", () => {
  const made: object[] = [];
  scope((s) => {
    made.push(s.use(handle()));
  });
  const again = () =>
    scope((s) => {
      s.use(handle());
      return { nested: made[0] };
    });
  expect(again).toThrow(expect.objectContaining({ code: "ERR_PLIMSOLL_RELEASED" }));
});
