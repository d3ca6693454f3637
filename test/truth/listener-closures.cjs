// Leak: every connection adds a listener to an emitter that lives as long as the program.
require("./lifetime.cjs");
const { EventEmitter } = require("node:events");

const settings = new EventEmitter();
settings.setMaxListeners(0);

function onConnection(id) {
  const history = new Array(150).fill(id);
  settings.on("change", () => history.push(id));
}

let connections = 0;
setInterval(() => {
  for (let i = 0; i < 100; i += 1) onConnection((connections += 1));
}, 100);
