/**
 * A sampler that leaks in two ways, and the cure of each: `node --import tsx examples/scope.ts`, or as it stands on a Node.js that strips types.
 * Its model loses references, which no collector frees; and its loop never ends the event-loop turn, so that
 * everything behind a WeakRef stays: jax-js makes one for each operation that it differentiates.
 */
import * as jax from "@jax-js/jax";
import { formatBytes } from "plimsoll";
import { forceGC } from "plimsoll/monitor";
import { adopt, jaxArrays, ledger, scope, yieldTurn } from "plimsoll/scope";

const { numpy: np } = jax;
await jax.init("wasm");
jax.defaultDevice("wasm");
using _adoption = adopt(jaxArrays(jax));

/** The log-density of a normal. `data.ref` adds a reference that nobody gives up again. */
function logDensity(position: jax.Array): jax.Array {
  const data = np.array([28, 8, -3, 7, -1, 1, 18, 12]);
  return np.square(data.ref.sub(position)).sum().mul(-0.5);
}
const valueAndGradient = jax.valueAndGrad(logDensity);

function step(): number {
  const [value, gradient] = valueAndGradient(np.zeros([8]));
  gradient.dispose();
  return value.js() as number;
}

/** Takes so many steps, and tells what they leave behind. */
async function sample(name: string, takeStep: () => number, endTurn: () => Promise<void>): Promise<void> {
  const before = { live: ledger.live(), heapBytes: forceGC().after.heapUsedBytes };
  for (let i = 0; i < 500; i++) {
    takeStep();
    await endTurn();
  }
  const heapBytes = forceGC().after.heapUsedBytes - before.heapBytes;
  console.log(`${name}: ${ledger.live() - before.live} more arrays, ${formatBytes(heapBytes)} more heap`);
  await new Promise(setImmediate);
}

const awaitNothing = (): Promise<void> => Promise.resolve();
await sample("warm-up", step, awaitNothing);
await sample("as it was", step, awaitNothing);
await sample("in scopes", () => scope(step), awaitNothing);
await sample("in scopes, ending the turn", () => scope(step), yieldTurn);

for (const { live, place } of ledger.report().rows[0]?.sites ?? []) console.log(`about ${live} alive from ${place}`);
