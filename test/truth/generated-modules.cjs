// Leak of code: modules are generated under ever new names, and require keeps each of them.
require("./lifetime.cjs");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "modules-"));
process.on("exit", () => fs.rmSync(folder, { recursive: true, force: true }));
let version = 0;

function loadPlugin() {
  const file = path.join(folder, `plugin-${(version += 1)}.cjs`);
  const routes = Array.from({ length: 200 }, (_, i) => `exports.route${i} = (row) => row.field${i} * ${version};`);
  fs.writeFileSync(file, routes.join("\n"));
  require(file);
  fs.rmSync(file);
}

setInterval(() => {
  for (let i = 0; i < 3; i += 1) loadPlugin();
}, 100);
