/**
 * Several prompts in one request (`/completions` with a list), which llama.cpp, vLLM and others compute side by side: what is sent, and
 * which part of the answer belongs to which prompt.
 */
import { EndpointFailure } from "./endpoint.ts";
import type { Completion, CompletionOptions } from "./language-model.ts";

/** The body of a request. */
export function manyBodyOf(
  model: string,
  prompts: readonly string[],
  { maxTokens, temperature }: CompletionOptions,
): string {
  return JSON.stringify({
    model,
    prompt: prompts,
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(temperature !== undefined && { temperature }),
  });
}

interface Wire {
  readonly choices?: readonly { readonly index?: unknown; readonly text?: unknown; readonly finish_reason?: unknown }[];
  readonly usage?: { readonly prompt_tokens?: unknown; readonly completion_tokens?: unknown } | null;
}

/**
 * The answers in the order of the prompts. Tokens are counted for the request, and divided evenly.
 *
 * @throws EndpointFailure when a prompt has no answer.
 */
export function readMany(text: string, count: number, requests: number): Completion[] {
  let wire: Wire | null;
  try {
    wire = JSON.parse(text) as Wire | null;
  } catch {
    throw new EndpointFailure("failed", "its answer is no JSON");
  }
  const each = (tokens: unknown): number => (typeof tokens === "number" && tokens >= 0 ? tokens / count : 0);
  const answers = new Map<unknown, Completion>();
  for (const { index, text: answer, finish_reason: reason } of Array.isArray(wire?.choices) ? wire.choices : []) {
    if (typeof answer !== "string") continue;
    answers.set(index, {
      text: answer,
      toolCalls: [],
      finishReason: typeof reason === "string" ? reason : "stop",
      promptTokens: each(wire?.usage?.prompt_tokens),
      completionTokens: each(wire?.usage?.completion_tokens),
      requests,
    });
  }
  return Array.from({ length: count }, (_, index) => {
    const answer = answers.get(index);
    if (!answer) throw new EndpointFailure("failed", `its answer has nothing for prompt ${index} of ${count}`);
    return answer;
  });
}
