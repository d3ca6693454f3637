// Leak of code: a template is compiled anew for every request, and every compiled one is kept.
import "./lifetime.cjs";

const templates = new Map();

function compileTemplate(id) {
  const steps = Array.from({ length: 60 }, (_, i) => `out += row.field${i} * ${id} + ${i};`).join("\n");
  // oxlint-disable-next-line typescript/no-implied-eval -- it is what this program is about
  const render = new Function("row", `let out = ${id};\n${steps}\nreturn out;`);
  templates.set(id, render);
  render({});
}

setInterval(() => {
  for (let i = 0; i < 20; i += 1) compileTemplate(templates.size);
}, 100);
