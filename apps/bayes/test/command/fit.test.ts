/** `bayes fit` as it is used: in a process of its own, with files, signals, and every supported Node.js. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, describe, expect, it } from "vitest";
import { availableNodes } from "../../../../test/support/nodes.ts";
import { type Ended, runCommand, start, startCommand, temporaryFolder } from "../support/run-command.ts";

const EXAMPLES = join(import.meta.dirname, "..", "..", "examples");
const BIND = join(import.meta.dirname, "..", "workers", "fixtures", "bind.mjs");
const REGRESSION = join(import.meta.dirname, "..", "workers", "fixtures", "regression.ts");
const EIGHT_SCHOOLS = ["fit", join(EXAMPLES, "eight-schools.ts"), "--data", join(EXAMPLES, "eight-schools.json")];

const folder = temporaryFolder();
afterAll(() => folder[Symbol.dispose]());
const write = (name: string, text: string): string => {
  writeFileSync(join(folder.path, name), text);
  return name;
};
const run = (...args: string[]): Promise<Ended> => runCommand(args, { cwd: folder.path });

/** A model of a vector `y`, in a folder without package.json in which nothing is installed. */
const modelOf = (name: string, parameters: string, density: string): string =>
  write(
    `${name}.ts`,
    `import { model, normal, positive, real, vector } from "@plimsoll/bayes";
export default model({
  data: { y: vector() },
  parameters: () => (${parameters}),
  density(parameters: any, { y }: any, { follows }: any) {
    const { mu } = parameters;
    ${density}
  },
});
`,
  );
const PLAIN = modelOf("plain", "{ mu: real() }", "follows(mu, normal(0, 1)); follows(y, normal(mu, 1));");
const DATA = write("data.json", `{ "y": [1, 2] }`);

it.each(availableNodes())("fits eight schools on Node $version", async ({ path, version }) => {
  const out = join(folder.path, version);
  const { code, stdout, stderr } = await runCommand([...EIGHT_SCHOOLS, "--out", out], { node: path });
  expect([code, stderr]).toEqual([0, `bayes: wrote ${out}/report.html and ${out}/inference-data.json\n`]);
  expect(stdout).toMatch(/^mu +4\.\d+ .*\ntau +3\.\d+ /m);
  expect(stdout).toContain("Converged: R-hat at most 1.00");
  for (const file of ["report.html", "inference-data.json", "fit.json", "chain-4.draws"])
    expect(statSync(join(out, file)).mode & 0o777).toBe(0o600);
});

it("gives figures as JSON, and says nothing else", async () => {
  const args = ["--json", "--quiet", "--chains", "2", "--draws", "200", "--sampler", "hmc", "--dense", "--seed", "4"];
  const { code, stdout, stderr } = await run("fit", PLAIN, "--data", DATA, ...args);
  expect([code, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout)).toMatchObject({
    schema: "bayes.summary/1",
    isComplete: true,
    draws: [200, 200],
    settings: { sampler: "hmc", metric: "dense", seed: 4 },
    quantities: [{ name: "mu" }],
    files: ["plain.fit/report.html", "plain.fit/inference-data.json"],
  });
});

it("stops at Ctrl-C with its chains saved, its report so far, and the command to go on with", async () => {
  const x = Array.from({ length: 3000 }, (_, i) => i / 3000);
  const data = write("regression.json", JSON.stringify({ x, y: x.map((each, i) => 2 * each + Math.sin(7 * i)) }));
  const args = ["fit", REGRESSION, "--data", data, "--draws", "200000", "--chains", "2", "--out", "stopped"];
  const { child, ended } = startCommand(args, { cwd: folder.path });
  const saved = join(folder.path, "stopped", "chain-1.draws");
  for (let tries = 0; tries < 1000 && !existsSync(saved); tries += 1) await sleep(10);
  child.kill("SIGINT");
  // A launcher hands on what the terminal has sent already.
  child.kill("SIGINT");
  const { code, stdout, stderr } = await ended;
  expect(code).toBe(130);
  expect(stderr).toContain(`stopped by SIGINT; go on with: npx bayes ${args.join(" ")} --resume\n`);
  expect(stdout).toMatch(/^sigma /m);
  expect(readFileSync(join(folder.path, "stopped", "report.html"), "utf8")).toContain("it was stopped");
  const again = await run(...args);
  expect(again.code).toBe(64);
  expect(again.stderr).toMatch(
    /holds a fit that is not finished.*\n +go on: .* --resume\n +begin anew: .* --overwrite\n$/,
  );
});

it("warns of a posterior that runs off, by the name and shape of the parameter", async () => {
  const improper = modelOf("improper", "{ mu: real(), sigma: positive(2) }", "follows(y, normal(mu, 1));");
  const { code, stderr } = await run("fit", improper, "--data", DATA, "--draws", "100", "--quiet");
  expect(code).toBe(0);
  expect(stderr).toMatch(/^bayes: warning: .*sigma \(positive, vector\[2\]\) ran off .*improper; give it a prior\n$/);
});

describe("what does not fit is one clear error", () => {
  const fits = (model: string, data = DATA): string[] => ["fit", model, "--data", data, "--quiet", "--out", "errors"];
  const CASES: readonly (readonly [string, number, string[], RegExp])[] = [
    [
      "wrong shapes",
      65,
      fits(modelOf("shapes", "{ mu: real(3) }", "follows(y, normal(mu, 1));")),
      /y is vector\[2\], mu is vector\[3\]/,
    ],
    [
      "NaN",
      65,
      fits(PLAIN, write("nan.json", `{ "note": "NaN", "y": [1, NaN] }`)),
      /data "y"\[1\] must be .* but is NaN/,
    ],
    ["no data", 65, ["fit", PLAIN], /the data lack "y": a list of numbers.*\n.*--data data\.json$/],
    [
      "no finite start",
      65,
      fits(modelOf("start", "{ mu: real() }", "follows(mu, normal(0, 1)); follows(y, normal(mu, -1));")),
      /no start has a finite density.*"y ~ normal" is NaN/,
    ],
    [
      "an unknown option",
      64,
      ["fit", PLAIN, "--frobnicate"],
      /unknown option '--frobnicate'.*\n.*\n.*bayes fit --help$/,
    ],
  ];
  it.concurrent.each(CASES)("%s", async (_name, expected, args, message) => {
    const { code, stdout, stderr } = await run(...args);
    expect([code, stdout]).toEqual([expected, ""]);
    expect(stderr.trimEnd()).toMatch(message);
    expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(6);
  });

  it("also where the file of the model is to blame", async () => {
    const files = [
      modelOf("unknown", "{ mu: real() }", "follows(y, normal(mu, parameters.sigma));"),
      modelOf("throws", "{ mu: real() }", "y.a.b;"),
      write("empty.ts", "export const a = 1;"),
      write("number.ts", "export default 1;"),
      write("syntax.ts", "const a = 1;\nexport default {{;"),
      write("missing.ts", `import "./nowhere.ts";`),
      "none.ts",
      PLAIN,
    ];
    const { stdout } = await start([BIND, DATA, ...files], { cwd: folder.path }).ended;
    expect(stdout.trimEnd().split("\n")).toEqual([
      `there is no parameter or derived value "sigma": there are mu`,
      expect.stringMatching(/^throws\.ts:7:\d+ fails: Cannot read properties of undefined/),
      "empty.ts has no default export; end it with: export default model({ … })",
      expect.stringMatching(/^number\.ts has a default export that is no model, but a value of type number/),
      expect.stringMatching(/^syntax\.ts:2:16 cannot be loaded: /),
      expect.stringMatching(/^missing\.ts cannot be loaded: Cannot find module .*nowhere\.ts/),
      expect.stringMatching(/^there is no model file .*none\.ts$/),
      "bound",
    ]);
  });
});
