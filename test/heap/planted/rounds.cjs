/**
 * How a planted program is run: some work to warm up, then three heap snapshots with a round of the same work
 * between them, written into the folder that is its only argument. V8 collects garbage before each of them.
 */
const { join } = require("node:path");
const { setImmediate: turn } = require("node:timers/promises");
const { writeHeapSnapshot } = require("node:v8");

/**
 * @param {(round: number) => unknown} work - called with 0 (warm-up), 1 and 2.
 */
async function takeRounds(work) {
  const folder = process.argv[2];
  if (folder === undefined) throw new Error("give a folder for the snapshots");
  for (const round of [0, 1, 2]) {
    await work(round);
    await turn();
    writeHeapSnapshot(join(folder, `${round + 1}.heapsnapshot`));
  }
  process.exit(0);
}

exports.takeRounds = takeRounds;
