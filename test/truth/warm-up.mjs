// Healthy: a large library is loaded and compiled step by step in the first seconds, then used steadily.
import "./lifetime.cjs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);

setTimeout(() => {
  const ts = require("typescript");
  let n = 0;
  setInterval(() => {
    ts.createSourceFile(
      "a.ts",
      `const value${(n += 1) % 50}: number = ${n}; export function f(a: string) { return a; }`,
      ts.ScriptTarget.ES2022,
    );
  }, 50);
}, 1_000);
