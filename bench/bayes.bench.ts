/**
 * The Bayes application on the eight schools: its compiled gradient beside jax-js jitted by hand, a whole fit in one process, beside
 * WebPPL, what a gradient allocates, and the memory of a hundred thousand draws on both backends. Each case is a process of its own.
 *
 * `npm run bench:bayes [-- --quick]`: about six minutes; the quick form is a smoke test and writes nothing.
 */
import { median } from "../src/monitor/trend.ts";
import { figure, installPeer, list, type Printed, runCase } from "./bayes/run-case.ts";
import { type BenchRow, writeResults } from "./support/results.ts";

const MB = 1e6;
const quick = process.argv.includes("--quick");
const TURNS = quick ? 2 : 20;
const SLOW_CALLS = quick ? 100 : 1000;
const FITS = quick ? 2 : 7;
const CALLS = quick ? 100_000 : 1_000_000;
const LONG_DRAWS = quick ? 500 : 25_000;
const WEBPPL_DRAWS = quick ? 50 : 1000;
/** Step size and number of steps: it does not adapt, so the best of these counts. */
const WEBPPL_STEPS = [
  [0.1, 10],
  [0.2, 5],
  [0.2, 10],
  [0.3, 5],
] as const;

const rows: BenchRow[] = [...gradientRows(), ...fitRows(), ...allocationRows(), ...longRows()];
for (const { name, value, unit, peers } of rows)
  process.stderr.write(`${name}: ${value} ${unit} ${peers ? JSON.stringify(peers) : ""}\n`);
if (!quick) process.stderr.write(`${writeResults("bayes", "npm run bench:bayes", rows)}\n`);

function gradientRows(): BenchRow[] {
  const printed = runCase("gradient", TURNS, SLOW_CALLS);
  const [compiled, byHand, onJax] = ["compiled", "byHand", "onJax"].map((side) => list(printed, side));
  const ratios = (byHand ?? []).map((micros, turn) => micros / (compiled?.[turn] ?? Number.NaN));
  return [
    {
      name: "time of a gradient of eight schools, jitted jax-js by hand to compiled, median of turns",
      value: round(median(ratios)),
      unit: "x",
      goal: ">= 300",
      runs: ratios.map(round),
    },
    {
      name: "a compiled gradient of eight schools",
      value: round(median([...(compiled ?? [])])),
      unit: "us",
      peers: {
        "jax-js 0.1.25 jitted by hand": round(median([...(byHand ?? [])])),
        'backend "jax"': round(median([...(onJax ?? [])])),
      },
    },
  ];
}

function fitRows(): BenchRow[] {
  const fits = Array.from({ length: FITS }, (_, index) => runCase("sampling", index + 1));
  installPeer();
  const peers = WEBPPL_STEPS.map(([stepSize, steps]) => runCase("webppl", stepSize, steps, WEBPPL_DRAWS));
  const seconds = fits.map((each) => round(figure(each, "samplingMs") / 1000));
  const processor = fits.map((each) => round(figure(each, "cpuMs") / 1000));
  const rates = fits.map((each) => round((1000 * figure(each, "ess")) / figure(each, "samplingMs")));
  // Of a chain that is stuck there is no number.
  const rateOf = (peer: Printed): number => (1000 * (figure(peer, "ess") || 0)) / figure(peer, "ms");
  const [best] = peers.toSorted((a, b) => rateOf(b) - rateOf(a));
  const ofBest = (value: (peer: Printed) => number): number => (best ? round(value(best)) : Number.NaN);
  const peer = "WebPPL 0.9.15, HMC, the best of four settings";
  return [
    {
      name: "4 chains of 1000 + 1000 draws by NUTS on eight schools, time in which they moved, one process",
      value: median(seconds),
      unit: "s",
      goal: "<= 0.3",
      runs: seconds,
      peers: { [peer]: ofBest((each) => figure(each, "ms") / 1000) },
    },
    {
      name: "the same fits whole, with compilation, compiler threads and summary: time on the processor",
      value: median(processor),
      unit: "s",
      runs: processor,
    },
    {
      name: "effective draws a second, warm-up included, of the quantity that has fewest",
      value: median(rates),
      unit: "1/s",
      runs: rates,
      peers: { [peer]: ofBest(rateOf) },
    },
    {
      name: "largest R-hat of any quantity, of all those fits",
      value: round(Math.max(...fits.map((each) => figure(each, "rHat")))),
      unit: "",
      goal: "< 1.01",
      peers: { [peer]: ofBest((each) => figure(each, "rHat")) },
    },
  ];
}

function allocationRows(): BenchRow[] {
  const printed = runCase("allocation", CALLS);
  const bytes = figure(printed, "bytes") - figure(printed, "ofReading");
  return [
    {
      name: `bytes allocated by a gradient: growth of the heap over ${CALLS} calls, to the whole byte`,
      value: Math.round(bytes / CALLS),
      unit: "bytes",
      goal: "<= 0",
      runs: [bytes / CALLS],
    },
    { name: "collections during those calls", value: figure(printed, "gcs"), unit: "collections", goal: "<= 0" },
    {
      name: "arena of a regression of 20,000 rows: taken beyond what was predicted",
      value: figure(printed, "taken") - figure(printed, "predicted"),
      unit: "bytes",
      goal: "= 0",
      peers: { "predicted bytes": figure(printed, "predicted") },
    },
  ];
}

function longRows(): BenchRow[] {
  return ["compiled", "jax"].flatMap((backend): BenchRow[] => {
    const printed = runCase("long", backend, LONG_DRAWS);
    const floors = list(printed, "floors").map((floor) => round(floor / MB));
    const [first = Number.NaN] = floors;
    const what = `4 chains of ${LONG_DRAWS} draws, backend ${backend}`;
    return [
      {
        name: `${what}: heap after collections, farthest from the first of ${floors.length} readings`,
        value: round(Math.max(...floors.map((floor) => Math.abs(floor - first)))),
        unit: "MB",
        goal: "<= 2",
        runs: floors,
      },
      { name: `${what}: live arrays left`, value: figure(printed, "left"), unit: "arrays", goal: "<= 0" },
      {
        name: `${what}: time`,
        value: round(figure(printed, "ms") / 1000),
        unit: "s",
        peers: { gradients: figure(printed, "gradients") },
      },
    ];
  });
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
