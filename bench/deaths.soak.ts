/**
 * Fifty deaths of every kind, under the built `plimsoll run`: was a report written, and does it say
 * the right cause? The kinds that need memory cgroups of their own are done where this user may make
 * them; the result says how many kinds there were. `npm run soak:deaths [-- COUNT]`.
 */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type Death,
  DEATHS,
  die,
  explain,
  faults,
  FILL_BUFFERS,
  type Outcome,
  removeFolders,
} from "../test/supervise/deaths.ts";
import { canMakeCgroups, MemoryCgroup } from "../test/support/memory-cgroup.ts";
import { writeResults } from "./support/results.ts";

const COUNT = Number(process.argv[2] ?? 50);
/** At a time: enough to keep two cores busy, few enough for the deadlines. */
const WIDTH = 6;
const LIMIT_MB = 150;
const node = process.execPath;

/** A kind of death, and how to bring it about once. */
interface Kind {
  readonly expected: Omit<Death, "args">;
  readonly run: (serial: number) => Promise<Outcome>;
}

const kernel = { kind: "oom-killer", outOfMemory: true, end: { code: null, signal: "SIGKILL" } } as const;
const reached = String.raw`reached its 150 MB limit \(oom_kill 0 → 1\)`;

const inGroups: readonly Kind[] = [
  {
    expected: {
      ...kernel,
      name: "kernel's kill in a cgroup",
      cause: new RegExp(`^killed by the kernel's out-of-memory killer: cgroup .*${reached}; the program held`),
    },
    run: (serial) => withGroup(serial, (group) => die(group.enter(node, "-e", FILL_BUFFERS))),
  },
  {
    expected: {
      name: "kernel's kill of a child",
      kind: "code",
      outOfMemory: true,
      end: { code: 0, signal: null },
      cause: new RegExp(`^ended with code 0; its child .* was killed by the kernel's .*${reached}`),
    },
    run: (serial) =>
      withGroup(serial, (group) => {
        const child = JSON.stringify(group.enter(node, "-e", FILL_BUFFERS));
        const program = `const [file, ...args] = ${child}; setTimeout(() => process.exit(99), 30_000).unref();
          require("node:child_process").spawn(file, args).on("exit", () => setTimeout(() => process.exit(0), 300));`;
        return die([node, "-e", program]);
      }),
  },
  {
    expected: {
      ...kernel,
      name: "kernel's kill of program and watcher, by explain",
      end: { code: null, signal: null },
      cause: /^killed by the kernel's out-of-memory killer: .*\(oom_kill 0 → 2\).*watcher was killed too$/,
    },
    run: (serial) =>
      withGroup(serial, async (group) => {
        const command = ["sh", "-c", 'echo 0 > /proc/self/oom_score_adj; exec "$0" -e "$1"', node, FILL_BUFFERS];
        return recovered(group, await die(command, { watcherGroup: group.path, isFirstVictim: true }));
      }),
  },
  {
    expected: {
      name: "SIGKILL of the whole group, by explain",
      kind: "unseen",
      outOfMemory: false,
      end: { code: null, signal: null },
      cause: /watcher was killed too; it was not the kernel's out-of-memory killer/,
    },
    run: (serial) =>
      withGroup(serial, async (group) => {
        const killAll = (): void => {
          for (const pid of group.members()) process.kill(pid, "SIGKILL");
        };
        const outcome = await die([node, "-e", "setTimeout(() => process.exit(99), 30_000)"], {
          watcherGroup: group.path,
          onWatching: () => setTimeout(killAll, 1_800),
        });
        return recovered(group, outcome);
      }),
  },
];

async function withGroup(serial: number, task: (group: MemoryCgroup) => Promise<Outcome>): Promise<Outcome> {
  using group = new MemoryCgroup(`plimsoll-soak-${serial}`, LIMIT_MB * 2 ** 20);
  return await task(group);
}

/** What `explain` makes of the journal, once nobody of the group lives; it ends with 0 where it can. */
async function recovered(group: MemoryCgroup, outcome: Outcome): Promise<Outcome> {
  if (outcome.signal !== "SIGKILL") return { ...outcome, stderr: "the watcher lived on" };
  for (let tries = 0; tries < 1_000 && group.members().length > 0; tries += 1) await sleep(20);
  const explained = await explain(outcome);
  return { ...explained, code: explained.code === 0 ? null : explained.code };
}

const plain = DEATHS.map((death): Kind => ({ expected: death, run: () => die([node, ...death.args]) }));
const kinds = [...plain, ...(canMakeCgroups() ? inGroups : [])];
const rows = [];
let serial = 0;
for (const { expected, run } of kinds) {
  const results: { written: boolean; faults: string[] }[] = [];
  const one = async (): Promise<void> => {
    for (let next = serial++; next < last; next = serial++) {
      const outcome = await run(next);
      results.push({ written: outcome.report !== undefined, faults: faults(expected, outcome) });
    }
  };
  const first = serial;
  const last = first + COUNT;
  await Promise.all(Array.from({ length: Math.min(WIDTH, COUNT) }, one));
  serial = last;
  removeFolders();
  const written = results.filter((result) => result.written).length;
  const wrong = results.flatMap((result) => (result.faults.length > 0 ? [result.faults.join("; ")] : []));
  const right = results.length - wrong.length;
  console.log(`${expected.name}: ${written} of ${results.length} reports written, ${right} with the right cause`);
  for (const fault of wrong.slice(0, 3)) console.log(`  ${fault}`);
  const goal = `>= ${COUNT}`;
  rows.push({ name: `${expected.name}: reports written`, value: written, unit: `of ${COUNT}`, goal });
  rows.push({ name: `${expected.name}: cause right`, value: right, unit: `of ${COUNT}`, goal });
}
rows.push({ name: "kinds of death", value: kinds.length, unit: "kinds", goal: `>= ${plain.length + inGroups.length}` });
console.log(writeResults("deaths", "npm run soak:deaths", rows));
