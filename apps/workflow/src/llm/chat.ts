/**
 * Requests and answers of OpenAI's chat completions: what is sent, and what of an answer counts, whole or piece by piece.
 */
import { EndpointFailure } from "./endpoint.ts";
import type { CompletionOptions, Message, TokenUsage, ToolCall } from "./language-model.ts";

/** What one event of a stream, or a whole answer, brings. */
export interface Piece {
  readonly text: string;
  /** Parts of calls, by their place. */
  readonly calls: readonly CallPiece[];
  readonly finishReason: string | undefined;
  readonly usage: TokenUsage | undefined;
}

interface CallPiece {
  readonly index: number;
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly arguments: string;
}

/** The body of a request. */
export function bodyOf(
  model: string,
  prompt: string | readonly Message[],
  { maxTokens, temperature, tools }: CompletionOptions,
  isStream: boolean,
): string {
  const messages: readonly Message[] = typeof prompt === "string" ? [{ role: "user", content: prompt }] : prompt;
  return JSON.stringify({
    model,
    messages: messages.map(wireMessage),
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(tools && Object.keys(tools).length > 0 && { tools: Object.entries(tools).map(wireTool) }),
    ...(isStream && { stream: true, stream_options: { include_usage: true } }),
  });
}

function wireMessage({ role, content, toolCalls, toolCallId }: Message): object {
  return {
    role,
    content,
    ...(toolCallId !== undefined && { tool_call_id: toolCallId }),
    ...(toolCalls &&
      toolCalls.length > 0 && {
        tool_calls: toolCalls.map(({ id, name, arguments: text }) => ({
          id,
          type: "function",
          function: { name, arguments: text },
        })),
      }),
  };
}

function wireTool([name, { description, parameters }]: [
  string,
  NonNullable<CompletionOptions["tools"]>[string],
]): object {
  return {
    type: "function",
    function: { name, description, parameters: parameters ?? { type: "object", additionalProperties: true } },
  };
}

interface WireCall {
  readonly index?: unknown;
  readonly id?: unknown;
  readonly function?: { readonly name?: unknown; readonly arguments?: unknown } | null;
}

interface WireChoice {
  readonly message?: WireContent | null;
  readonly delta?: WireContent | null;
  readonly finish_reason?: unknown;
}

interface WireContent {
  readonly content?: unknown;
  readonly tool_calls?: readonly WireCall[] | null;
}

interface Wire {
  readonly choices?: readonly WireChoice[];
  readonly usage?: { readonly prompt_tokens?: unknown; readonly completion_tokens?: unknown } | null;
  readonly error?: unknown;
}

/**
 * Reads an answer, or one event of it.
 *
 * @throws EndpointFailure when it is none.
 */
export function readPiece(text: string): Piece {
  let wire: Wire | null;
  try {
    wire = JSON.parse(text) as Wire | null;
  } catch {
    throw new EndpointFailure("failed", "its answer is no JSON");
  }
  if (wire?.error != null) throw new EndpointFailure("failed", "it answered with an error");
  if (!Array.isArray(wire?.choices)) throw new EndpointFailure("failed", "its answer is no chat completion");
  const choice: WireChoice | undefined = wire.choices[0];
  const content = choice?.message ?? choice?.delta ?? undefined;
  const calls = (Array.isArray(content?.tool_calls) ? content.tool_calls : []).map((call: WireCall, at: number) => ({
    index: typeof call.index === "number" ? call.index : at,
    id: textOf(call.id),
    name: textOf(call.function?.name),
    arguments: textOf(call.function?.arguments) ?? "",
  }));
  return {
    text: textOf(content?.content) ?? "",
    calls,
    finishReason: textOf(choice?.finish_reason),
    usage: wire.usage
      ? { promptTokens: countOf(wire.usage.prompt_tokens), completionTokens: countOf(wire.usage.completion_tokens) }
      : undefined,
  };
}

/** Puts pieces together. */
export class Pieces {
  readonly #texts: string[] = [];
  readonly #calls = new Map<number, { id: string; name: string; arguments: string }>();
  #finishReason: string | undefined;
  #usage: TokenUsage = { promptTokens: 0, completionTokens: 0 };

  /** @param keepsText - false for a stream, whose reader has the text. */
  add(piece: Piece, keepsText: boolean): void {
    if (keepsText && piece.text !== "") this.#texts.push(piece.text);
    for (const { index, id, name, arguments: text } of piece.calls) {
      const call = this.#calls.get(index) ?? { id: "", name: "", arguments: "" };
      call.id ||= id ?? "";
      call.name ||= name ?? "";
      call.arguments += text;
      this.#calls.set(index, call);
    }
    this.#finishReason = piece.finishReason ?? this.#finishReason;
    this.#usage = piece.usage ?? this.#usage;
  }

  /** True once the model has said that it is done. */
  get isFinished(): boolean {
    return this.#finishReason !== undefined;
  }

  /** What came of it. */
  end(): { text: string; toolCalls: ToolCall[]; finishReason: string } & TokenUsage {
    const toolCalls = [...this.#calls].sort(([a], [b]) => a - b).map(([, call]) => call);
    return { text: this.#texts.join(""), toolCalls, finishReason: this.#finishReason ?? "stop", ...this.#usage };
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function countOf(value: unknown): number {
  return typeof value === "number" && value >= 0 ? value : 0;
}
