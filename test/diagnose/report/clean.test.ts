/**
 * What a report may say about files and names.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createCleaner, plain } from "../../../src/diagnose/report/clean.ts";

const clean = createCleaner("/srv/shop");

describe("createCleaner", () => {
  it("shows paths relative to the working directory only where they lie inside it", () => {
    expect(clean.path("/srv/shop/src/a.ts")).toBe("src/a.ts");
    expect(clean.path("file:///srv/shop/src/a%20b.ts")).toBe("src/a b.ts");
    expect(clean.path("/srv/shopping/a.ts")).toBe("/srv/shopping/a.ts");
    expect(clean.path("/srv/shop/..hidden/a.ts")).toBe("/srv/shop/..hidden/a.ts");
    expect(clean.path("node:internal/streams")).toBe("node:internal/streams");
    expect(createCleaner("/").path("/etc/a.js")).toBe("/etc/a.js");
  });

  it("drops what URLs may carry", () => {
    expect(clean.path("https://user:secret@cdn.example/a.js?token=secret#x")).toBe("https://cdn.example/a.js");
    expect(clean.path(`data:text/javascript;base64,${"c2VjcmV0".repeat(99)}`)).toBe("data:text/javascript,…");
    expect(clean.path("file://host%2Fbad/%ZZ")).toBe("file://host%2Fbad/%ZZ");
  });

  it("drops the working directory from sentences", () => {
    expect(clean.text("createSession (/srv/shop/src/a.ts:4)")).toBe("createSession (src/a.ts:4)");
  });

  it("bounds every text and leaves nothing unseen in it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 2_000 }), (text) => {
        expect(clean.name(text).length).toBeLessThanOrEqual(120);
        expect(clean.path(text).length).toBeLessThanOrEqual(300);
        expect(clean.text(text).length).toBeLessThanOrEqual(600);
        expect(plain(text)).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029]/u);
      }),
    );
  });
});
