/**
 * What a model is asked, and what of its answer can be used. The answer is to be a JSON object with
 * exactly the labels that were asked for (`response_format` with a strict schema, which OpenAI,
 * llama.cpp's server, vLLM and Ollama understand); whatever comes instead is taken for what it is worth.
 */
import { isName } from "../naming/name-layer.ts";
import type { NameProposals } from "../naming/proposals.ts";
import type { Analysis } from "../scope/analyse.ts";
import type { Source } from "../source/source.ts";
import type { BatchPlan } from "./batch-plan.ts";
import { contextOf, labelOf } from "./code-context.ts";

const SYSTEM =
  "You name the variables, functions and parameters of minified JavaScript. Identifiers such as e$17 stand for one " +
  "binding each. For each of them answer the name that its author would have given it, by what it holds or does: " +
  "camelCase, PascalCase for classes, no abbreviations, nothing but letters and digits. Answer one JSON object from " +
  "identifier to name.";
/** The same answer to the same question, for models that can. Stands first in a body. */
export const COOL = '"temperature":0,';
/** A name that is given to so large a share of the bindings of a call says nothing. */
const TOO_COMMON = 0.5;
const FEWEST_COMMON = 8;

/** The body of a call for `roots`. */
export function questionOf({ analysis, source, below, plan }: Asking, model: string, roots: readonly number[]): string {
  const labels = roots.map((root) => labelOf(analysis, root));
  const guesses = roots.map((root, index) => {
    const guess = below.get(root);
    return guess === undefined ? labels[index] : `${labels[index]} (perhaps ${analysis.names.nameOf(guess.name)})`;
  });
  const context = contextOf(analysis, source, plan, new Set(roots));
  const properties = Object.fromEntries(labels.map((label) => [label, { type: "string" }]));
  const body = JSON.stringify({
    model,
    messages: [
      { role: "system", content: SYSTEM },
      { role: "user", content: `${context}\n\nName: ${guesses.join(", ")}` },
    ],
    response_format: {
      type: "json_schema",
      json_schema: {
        name: "names",
        strict: true,
        schema: { type: "object", properties, required: labels, additionalProperties: false },
      },
    },
  });
  return `{${COOL}${body.slice(1)}`;
}

/** What a question is made of. */
export interface Asking {
  readonly analysis: Analysis;
  readonly source: Source;
  /** Names from elsewhere, given as guesses. */
  readonly below: NameProposals;
  readonly plan: BatchPlan;
}

/** A binding and the name that was answered for it; without one where the answer had none that can be used. */
export type Answer = readonly [root: number, name: string | null];

/** Reads the text of an answer; undefined where it is none. */
export function readAnswer(analysis: Analysis, roots: readonly number[], text: string): Answer[] | undefined {
  let parsed: unknown;
  try {
    // Some put the object between words or into a block of Markdown.
    parsed = JSON.parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1));
  } catch {
    return undefined;
  }
  if (typeof parsed !== "object" || parsed === null) return undefined;
  const named = new Map(Object.entries(parsed));
  const labels = roots.map((root) => labelOf(analysis, root));
  if (!labels.some((label) => named.has(label))) return undefined;
  const answers = roots.map((root, index): Answer => {
    const label = labels[index] ?? "";
    const name: unknown = named.get(label);
    return [root, typeof name === "string" && isName(name.trim()) && name !== label ? name.trim() : null];
  });
  return withoutNoise(answers);
}

function withoutNoise(answers: readonly Answer[]): Answer[] {
  const counts = new Map<string | null, number>();
  for (const [, name] of answers) counts.set(name, (counts.get(name) ?? 0) + 1);
  const most = Math.max(FEWEST_COMMON, answers.length * TOO_COMMON);
  return answers.map(([root, name]) => [root, (counts.get(name) ?? 0) > most ? null : name]);
}
