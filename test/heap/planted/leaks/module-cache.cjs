// Templates are compiled to files under ever new names, and what is required stays in the cache of modules.
const { mkdtempSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { takeRounds } = require("../rounds.cjs");

const folder = mkdtempSync(join(tmpdir(), "plimsoll-templates-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

function render(nth) {
  const file = join(folder, `template-${nth}.cjs`);
  writeFileSync(
    file,
    `const parts = Array.from({ length: 50 }, (_, n) => n + ${nth}.5); exports.render = () => parts;`,
  );
  return require(file).render();
}

void takeRounds((round) => {
  for (let nth = 0; nth < 60; nth += 1) render(round * 1000 + nth);
});
