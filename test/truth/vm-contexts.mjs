// Leak of contexts: each has globals and built-ins of its own.
import "./lifetime.cjs";
import vm from "node:vm";

const sandboxes = [];

function openSandbox(id) {
  sandboxes.push(vm.createContext({ id }));
}

setInterval(() => openSandbox(sandboxes.length), 100);
