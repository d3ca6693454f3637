/** The same seed gives the same draws: in this thread or in workers, stopped and gone on with, killed and gone on with. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { fit } from "@plimsoll/bayes";
import { type Ended, start, temporaryFolder } from "../support/run-command.ts";
import { hashDraws } from "./fixtures/hash-draws.mjs";
import regression from "./fixtures/regression.ts";

const FIT = join(import.meta.dirname, "fixtures", "fit.mjs");
const SETTINGS = { chains: 3, warmUp: 300, draws: 700, seed: 5 };
const x = Array.from({ length: 400 }, (_, i) => i / 400);
const DATA = { x, y: x.map((each, i) => 2 * each + Math.sin(7 * i)) };

interface Outcome {
  readonly hashes: readonly string[];
  readonly draws: readonly number[];
}

const startFit = (options: object): ReturnType<typeof start> =>
  start([FIT, JSON.stringify({ data: DATA, workers: 2, ...SETTINGS, ...options })]);

function read({ code, stdout, stderr }: Ended): Outcome {
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout.replace("there\n", "")) as Outcome;
}

const fitOnce = async (options: object): Promise<Outcome> => read(await startFit(options).ended);

const whole = hashDraws(fit(regression.bind(DATA), SETTINGS));

describe("a fit in workers", () => {
  it("has the draws of a fit in one thread", async () => {
    expect(new Set(whole).size).toBe(3);
    expect(await fitOnce({ workers: 8 })).toEqual({ hashes: whole, draws: [700, 700, 700] });
  });

  it("goes on where it was stopped, with static paths and a dense metric as well", async () => {
    using folder = temporaryFolder();
    // One thread and many draws: a main thread that is late still stops it before the last chain ends.
    const settings = { sampler: "hmc", metric: "dense", draws: 3000 } as const;
    const stopped = await fitOnce({ ...settings, directory: folder.path, abortAt: 60, workers: 1 });
    expect(Math.min(...stopped.draws)).toBeLessThan(3000);
    const { hashes } = await fitOnce({ ...settings, directory: folder.path, resume: true });
    expect(hashes).toEqual(hashDraws(fit(regression.bind(DATA), { ...SETTINGS, ...settings })));
    for (const file of readdirSync(folder.path)) expect(statSync(join(folder.path, file)).mode & 0o777).toBe(0o600);
  });

  it("goes on where it was killed, as often as it is", async () => {
    using folder = temporaryFolder();
    for (const tellAt of [80, 600]) {
      const { child, ended } = startFit({ directory: folder.path, resume: true, tellAt });
      child.stdout?.once("data", () => child.kill("SIGKILL"));
      expect((await ended).signal).toBe("SIGKILL");
    }
    expect((await fitOnce({ directory: folder.path, resume: true })).hashes).toEqual(whole);
  });
});
