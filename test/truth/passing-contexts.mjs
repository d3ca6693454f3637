// No leak: contexts that are dropped after use.
import "./lifetime.cjs";
import vm from "node:vm";

setInterval(() => vm.runInNewContext("total + 1", { total: 1 }), 100);
