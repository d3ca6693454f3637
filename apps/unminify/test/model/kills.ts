/**
 * Kills runs of the command that ask a model, with SIGKILL and in the middle of whatever they do, and
 * goes on with `--resume`: nothing that was answered and written down may be asked again, and the end
 * must have the bytes of a run that nobody killed.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { bundle } from "../support/bundle.ts";
import { FakeModel } from "../support/fake-model.ts";

const COMMAND = join(dirname(fileURLToPath(import.meta.url)), "../../dist/command/main.js");
const DEADLINE_MS = 60_000;
const ANSWER_DELAY_MS = 15;
const CONCURRENCY = 4;
const CHECKSUM_LENGTH = 9;
/** Modules of the bundle: about 50 calls. */
const MODULES = 96;

/** What one run to its end went through. */
export interface KilledRun {
  /** Kills that struck a running program. */
  readonly kills: number;
  /** Kills after which the journal ended in the middle of a line. */
  readonly torn: number;
  readonly calls: number;
  /** Questions asked again because their answer was on its way when the program was killed. */
  readonly repeated: number;
  readonly faults: readonly string[];
}

/** A bundle, and what becomes of it when nobody kills. */
export class KillBench {
  readonly #input: string;
  readonly #output: string;
  #expected = "";
  #calls = 0;

  constructor(folder: string) {
    this.#input = join(folder, "bundle.min.js");
    this.#output = join(folder, "bundle.js");
    writeFileSync(this.#input, bundle(MODULES));
  }

  /** Runs once without a kill. */
  async prepare(): Promise<void> {
    await using model = await FakeModel.start();
    const code = await ended(this.#start(model));
    if (code !== 0) throw new Error(`the run that nobody kills ended with ${code}`);
    this.#expected = readFileSync(this.#output, "utf8");
    this.#calls = model.questions.length;
  }

  /** Kills up to `kills` times, each after a random share of what is left, then lets it end. */
  async run(kills: number): Promise<KilledRun> {
    await using model = await FakeModel.start({ delayMs: ANSWER_DELAY_MS });
    rmSync(this.#output, { force: true });
    const faults: string[] = [];
    let [struck, torn] = [0, 0];
    let known = new Set<number>();
    for (let round = 0; round <= kills; round++) {
      const asked = model.questions.length;
      const child = this.#start(model);
      const end = ended(child);
      if (round < kills) {
        // Beyond the last question as well: while it writes, or checks what it wrote.
        const left = Math.ceil((this.#calls * (1.1 - known.size / (this.#calls * 40))) / (kills - round));
        await Promise.race([end, askedOf(model, asked + Math.random() * left)]);
        await Promise.race([end, sleep(Math.random() * 3 * ANSWER_DELAY_MS)]);
        child.kill("SIGKILL");
      }
      const code = await end;
      for (const label of model.questions.slice(asked).flatMap(({ labels }) => labels))
        if (known.has(Number(label.split("$").at(-1)))) faults.push(`${label} was asked again`);
      if (code === "SIGKILL") {
        struck++;
        const journal = this.#journal();
        if (journal.isTorn) torn++;
        for (const root of known) if (!journal.roots.has(root)) faults.push(`${root} is not in the journal any more`);
        // The program may have ended its work, and be killed on its way out.
        if (journal.isThere || !existsSync(this.#output)) {
          known = journal.roots;
          continue;
        }
      } else if (code !== 0) faults.push(`it ended with ${code}`);
      break;
    }
    if (!existsSync(this.#output) || readFileSync(this.#output, "utf8") !== this.#expected)
      faults.push("the output is another");
    if (this.#journal().isThere) faults.push("the journal is still there");
    const repeated = model.questions.length - new Set(model.questions.map(({ body }) => body)).size;
    if (repeated > struck * CONCURRENCY) faults.push(`${repeated} questions were repeated after ${struck} kills`);
    return { kills: struck, torn, calls: this.#calls, repeated, faults };
  }

  #start(model: FakeModel): ChildProcess {
    const args = ["--names", "llm", "--base-url", model.baseUrl, "--model", "fake", "--resume"];
    return spawn(
      process.execPath,
      ["--expose-gc", COMMAND, this.#input, "-o", this.#output, ...args, "--concurrency", String(CONCURRENCY)],
      { stdio: "ignore", timeout: DEADLINE_MS, killSignal: "SIGKILL" },
    );
  }

  #journal(): { isThere: boolean; isTorn: boolean; roots: Set<number> } {
    const path = `${this.#output}.answers`;
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    const lines = text.split("\n");
    const answers = lines.slice(1, -1).flatMap((line) => JSON.parse(line.slice(CHECKSUM_LENGTH)) as [number, string][]);
    return { isThere: text !== "", isTorn: lines.at(-1) !== "", roots: new Set(answers.map(([root]) => root)) };
  }
}

async function ended(child: ChildProcess): Promise<number | string> {
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  return code ?? signal ?? "nothing";
}

async function askedOf(model: FakeModel, count: number): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (model.questions.length < count && Date.now() < deadline) await sleep(2);
}
