/**
 * Checks a function for leaks and for its peak, in any test runner: here with Node's own assertions alone.
 */
import { deepEqual, rejects } from "node:assert/strict";
import { assertLeaksNothing, limitMemory, measureLeaks } from "plimsoll/testing";

const sessions = new Map<number, { user: string; pages: string[] }>();
let lastId = 0;

function openSession(): number {
  lastId += 1;
  sessions.set(lastId, { user: "anonymous", pages: ["/"] });
  return lastId;
}

// Opens and closes: nothing stays.
await assertLeaksNothing(() => sessions.delete(openSession()));

// Opens only: every call leaves a session behind.
await rejects(
  assertLeaksNothing(() => openSession(), { holders: false }),
  { code: "ERR_PLIMSOLL_LEAK" },
);

// The figures, without a judgement by exception.
const { leaks, calls, rounds } = await measureLeaks(() => openSession(), { holders: false });
for (const { what, perCall, uncertainty } of leaks) {
  console.log(
    `${what}: +${Math.round(perCall)} ± ${Math.round(uncertainty)} bytes a call (${calls} calls, ${rounds} rounds)`,
  );
}

// Live memory stays within 16 MiB, although 64 MiB pass through.
const bytes = await limitMemory("16MiB", async () => {
  let sum = 0;
  for (let chunk = 0; chunk < 64; chunk += 1) {
    sum += Buffer.alloc(2 ** 20).length;
    await Promise.resolve();
  }
  return sum;
});
deepEqual(bytes, 64 * 2 ** 20);
