/**
 * The file that NODE_OPTIONS names: it runs before every Node program of a watched tree, in each
 * thread. Old syntax on purpose, because an ancient Node among the children must be able to parse
 * it. It does nothing unless a watcher's socket is named, and no failure of it reaches the program.
 */
import type { start } from "./agent.cts";

(function () {
  const path = process.env["PLIMSOLL_SOCKET"];
  if (!path) return;
  try {
    const began = process.hrtime();
    const mark = Symbol.for("plimsoll.preload");
    if (parseInt(process.versions.node, 10) < 18 || mark in process) return;
    Object.defineProperty(process, mark, { value: true });
    (require("./agent.cjs") as { start: typeof start }).start(path, __filename, began);
    // Programs that walk the cache (reloaders, test runners) see only what is theirs.
    for (const file of Object.keys(require.cache)) if (file.indexOf(__dirname) === 0) delete require.cache[file];
  } catch {
    // The program goes on unobserved.
  }
})();
