// Four chains of 1000 + 1000 draws on eight schools, in a process that has done nothing before. Prints the time in which chains moved.
import { fit } from "../../apps/bayes/dist/index.js";
import { bound } from "./eight-schools.mjs";

const before = process.cpuUsage();
const { quantities, samplingMs, gradients, divergences } = fit(bound, { seed: Number(process.argv[2]) });
const { user, system } = process.cpuUsage(before);
const of = (name) => quantities.map(({ summary }) => summary[name]);
const ess = Math.min(...of("bulkEss"), ...of("tailEss"));
console.log(
  JSON.stringify({
    samplingMs,
    cpuMs: (user + system) / 1000,
    gradients,
    divergences,
    ess,
    rHat: Math.max(...of("rHat")),
  }),
);
