import { describe, expect, it } from "vitest";
import { markRelease, markReleased, wasReleased } from "../../src/scope/released.ts";
import { openScope, scope } from "../../src/scope/index.ts";

class Handle {
  close(): void {}
}

describe("the note of a release", () => {
  it("stands on the value itself, frozen or not, and on no other", () => {
    const values = [new Handle(), Object.freeze(new Handle())];
    for (const value of values) {
      expect(wasReleased(value)).toBe(false);
      markReleased(value);
      markReleased(value);
      expect(wasReleased(value)).toBe(true);
      expect(() => scope((s) => s.use(value))).toThrow(/Released:\n +at .*released\.test\.ts/);
      expect(Reflect.ownKeys(value)).toEqual([]);
    }
    expect(wasReleased(new Handle())).toBe(false);
  });

  it("stays when places come too fast to be noted, and says so", () => {
    const lost: Handle[] = [];
    for (let i = 0; i < 20_000; i++) scope((s) => void lost.push(s.use(new Handle())));
    const messages = lost.map((value) => {
      using s = openScope();
      try {
        return s.use(value) && "was taken";
      } catch (error) {
        return String(error);
      }
    });
    const noted = messages.filter((message) => /Released:\n +at .*released\.test\.ts/.test(message));
    const unnoted = messages.filter((message) => message.includes("was not noted"));
    expect(noted.length).toBeGreaterThanOrEqual(900);
    expect(unnoted.length).toBeGreaterThan(0);
    expect(noted.length + unnoted.length).toBe(20_000);
  });

  it("is noted again after a pause", async () => {
    while (markRelease()) void 0;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(markRelease()?.stack).toContain("released.test.ts");
  });
});
